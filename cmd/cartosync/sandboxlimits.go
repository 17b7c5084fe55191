package main

import (
	"fmt"
	"strconv"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// sandboxLimits are the limits of a sandbox: flags of the sandbox command, and keys of
// a sandbox.yaml. Those left out are CARTO's own.
type sandboxLimits struct {
	ImportFileSize most `placeholder:"BYTES" help:"The largest import that the account allows."`
	ImportRows     most `placeholder:"N" help:"The most rows that one import may have."`
	ImportSlots    most `placeholder:"N" help:"How many imports may wait and run at the same time."`
	ConnectorRows  most `placeholder:"N" help:"How many rows a connector reads at most; it leaves out the others."`
	Storage        most `placeholder:"BYTES" help:"The room that the account has."`
	Tables         most `placeholder:"N" help:"How many datasets the account may have."`
	PublicDatasets most `placeholder:"N" help:"How many of them may be public."`
}

// most is a limit, 0 if it was left out.
type most int64

// UnmarshalText reads a limit. 0 is refused: whoever writes it may mean nothing at all
// as well as any number.
func (m *most) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no limit; write a whole number of at least 1, or leave it out for CARTO's own limit", text)
	}
	*m = most(n)
	return nil
}

// A limit is one of them, by its name in a sandbox.yaml.
type limit struct {
	name  string
	value *most
}

func (l *sandboxLimits) all() []limit {
	return []limit{
		{"import_file_size", &l.ImportFileSize}, {"import_rows", &l.ImportRows}, {"import_slots", &l.ImportSlots},
		{"connector_rows", &l.ConnectorRows}, {"storage", &l.Storage}, {"tables", &l.Tables}, {"public_datasets", &l.PublicDatasets},
	}
}

// set gives a sandbox the limits.
func (l *sandboxLimits) set(cfg *sandbox.Config) {
	cfg.ImportFileSize, cfg.ImportRows, cfg.ConnectorRows, cfg.StorageQuota = int64(l.ImportFileSize), int64(l.ImportRows), int64(l.ConnectorRows), int64(l.Storage)
	cfg.ImportSlots, cfg.TableQuota, cfg.PublicQuota = int(l.ImportSlots), int(l.Tables), int(l.PublicDatasets)
}
