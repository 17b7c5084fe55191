package main

import "github.com/cartosync/cartosync/internal/sandbox"

// sandboxLimits are the limits of a sandbox: flags of the sandbox command, and keys of
// a sandbox.yaml. Zero means CARTO's own.
type sandboxLimits struct {
	ImportFileSize int64 `placeholder:"BYTES" help:"The largest import that the account allows."`
	ImportRows     int64 `placeholder:"N" help:"The most rows that one import may have."`
	ImportSlots    int64 `placeholder:"N" help:"How many imports may wait and run at the same time."`
	ConnectorRows  int64 `placeholder:"N" help:"How many rows a connector reads at most; it leaves out the others."`
	Storage        int64 `placeholder:"BYTES" help:"The room that the account has."`
	Tables         int64 `placeholder:"N" help:"How many datasets the account may have."`
	PublicDatasets int64 `placeholder:"N" help:"How many of them may be public."`
}

// A limit is one of them, by its name in a sandbox.yaml.
type limit struct {
	name  string
	value *int64
}

func (l *sandboxLimits) all() []limit {
	return []limit{
		{"import_file_size", &l.ImportFileSize}, {"import_rows", &l.ImportRows}, {"import_slots", &l.ImportSlots},
		{"connector_rows", &l.ConnectorRows}, {"storage", &l.Storage}, {"tables", &l.Tables}, {"public_datasets", &l.PublicDatasets},
	}
}

// set gives a sandbox the limits.
func (l *sandboxLimits) set(cfg *sandbox.Config) {
	cfg.ImportFileSize, cfg.ImportRows, cfg.ConnectorRows, cfg.StorageQuota = l.ImportFileSize, l.ImportRows, l.ConnectorRows, l.Storage
	cfg.ImportSlots, cfg.TableQuota, cfg.PublicQuota = int(l.ImportSlots), int(l.Tables), int(l.PublicDatasets)
}
