"""Who could be told from what is read, shown or exported: rules on values and counts that know no table."""
