package plan

// A Reason is a stable code for why an action is what it is; scripts may rely
// on it. The words beside it may change.
type Reason string

// Why an action does something.
const (
	NotInAccount       Reason = "not_in_account"
	MetadataDiffers    Reason = "metadata_differs"
	MarkerDiffers      Reason = "marker_differs"
	SyncDiffers        Reason = "synchronization_differs"
	SyncMissing        Reason = "synchronization_missing"
	SyncUndeclared     Reason = "synchronization_undeclared"
	SourceChanged      Reason = "source_changed"
	ContentsDrifted    Reason = "contents_drifted"
	SourceUnknown      Reason = "source_unknown" // no fingerprint to compare with
	ReimportUnfinished Reason = "reimport_unfinished"
	ReimportRequested  Reason = "reimport_requested"
	RenamedFrom        Reason = "renamed_from"
	RenamedOutside     Reason = "renamed_outside"
	RenameUnfinished   Reason = "rename_unfinished"
	AdoptRequested     Reason = "adopt_requested"
	StagingFound       Reason = "staging_found"
	ImportUnfinished   Reason = "import_unfinished"
	ImportAbandoned    Reason = "import_abandoned"
	SyncNameDiffers    Reason = "synchronization_name_differs"
	SyncNameless       Reason = "synchronization_nameless"
	SyncDuplicate      Reason = "synchronization_duplicate"
	SyncOutOfRetries   Reason = "synchronization_out_of_retries"
	SyncStuck          Reason = "synchronization_stuck"
	ForgetListed       Reason = "forget_listed"
	NoLongerDeclared   Reason = "no_longer_declared"
	ParametersDiffer   Reason = "parameters_differ"
	SecretVersionNewer Reason = "secret_version_differs"
	InSync             Reason = "in_sync"
	RunRequested       Reason = "run_requested"
	RunStale           Reason = "run_stale"
	DestroyRequested   Reason = "destroy_requested"
	Leftover           Reason = "leftover"
)

// Why an action is blocked.
const (
	ConflictUnmanaged      Reason = "conflict_unmanaged"
	ConflictOtherProject   Reason = "conflict_other_project"
	ConflictAmbiguous      Reason = "conflict_ambiguous"
	ConflictNameTaken      Reason = "conflict_name_taken"
	NoContents             Reason = "no_contents"
	Protected              Reason = "protected"
	SchemaBreaking         Reason = "schema_breaking"
	ExpectationMissed      Reason = "expectation_missed"
	SeveralLayers          Reason = "several_layers"
	FileTooLarge           Reason = "file_too_large"
	TooManyRows            Reason = "too_many_rows"
	DatasetQuota           Reason = "dataset_quota"
	StorageQuota           Reason = "storage_quota"
	SyncUnavailable        Reason = "synchronizations_unavailable"
	ConnectorsUnavailable  Reason = "connectors_unavailable"
	ConnectionsUnavailable Reason = "stored_connections_unavailable"
	ConnectionInUse        Reason = "connection_in_use"
	PrivateUnavailable     Reason = "private_unavailable"
	SharingUnavailable     Reason = "sharing_unavailable"
	SecretUnavailable      Reason = "secret_unavailable"
	NotSynchronized        Reason = "not_synchronized"
	SyncRunning            Reason = "synchronization_running"
	GuardTripped           Reason = "guard" // joined with the guard's name: guard_shrink
)

// A Guard is a limit that blocks one action until it is lifted by name.
type Guard string

// The guards.
const (
	GuardShrink     Guard = "shrink"      // fewer than half of the rows would remain
	GuardEmpty      Guard = "empty"       // no row would remain
	GuardExtent     Guard = "extent"      // the data would lie somewhere else
	GuardFault      Guard = "fault"       // CARTO would refuse the file
	GuardMaps       Guard = "maps"        // maps depend on what goes
	GuardMassDelete Guard = "mass_delete" // more than half of a project's datasets would go
	GuardUnread     Guard = "unread"      // what would be replaced could not be read
)

// Guards lists every guard, by name.
func Guards() []Guard {
	return []Guard{GuardEmpty, GuardExtent, GuardFault, GuardMaps, GuardMassDelete, GuardShrink, GuardUnread}
}

func (g Guard) reason() Reason { return GuardTripped + "_" + Reason(g) }
