package apply

import "github.com/cartosync/cartosync/internal/plan"

// Made lets tests change what a journal holds.
func Made(j *Journal, p plan.Pending) { j.made(p, true) }
