package data

// concludeFields names the columns of a file whose geometry does not stand in one
// of them, as the converter does, and finds those that do not become columns.
// Watch gives what is known of the values of a field that has to be unique, nil
// of others, and its type. It returns the field that gives cartodb_id, or -1.
func concludeFields(schema *Schema, fields []csvField, noun string, watch func(i int) (*idCheck, Type)) (id int, err error) {
	h := csvHeader{fields: fields}
	if err := h.load(); err != nil {
		return -1, err
	}
	for i := range fields {
		f := &fields[i]
		switch f.loaded {
		case "wkb_geometry":
			return -1, faultf(2005, "%s %q: the converter creates a column of this name", noun, f.header)
		case "the_geom":
			f.loaded = "invalid_the_geom"
			schema.warn(WarnInvalidGeometry, f.loaded, "%s %q is renamed: the geometry comes from the features", noun, f.header)
		case "the_geom_webmercator":
			f.role = roleDropped
			schema.warn(WarnDroppedColumn, "", "%s %q is dropped and computed anew", noun, f.header)
		case "ogc_fid":
			f.role = roleFID
		}
	}
	if err := h.assignID(); err != nil {
		return -1, err
	}
	id = -1
	for i, f := range fields {
		ids, t := watch(i)
		if f.role != roleFID && f.role != roleID || ids == nil {
			continue
		}
		ids.nulls += schema.Rows - ids.total // features without the property
		fault, from := ids.rowIDFault(f.header, t), IDFeature
		if f.role == roleID {
			fault, from = ids.cartodbIDFault(f.header), IDColumn
		}
		if fault != nil {
			return -1, fault
		}
		if schema.CartodbID != IDColumn {
			schema.CartodbID, id = from, i
		}
	}
	return id, nil
}
