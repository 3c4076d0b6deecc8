"""Files: written all or not at all, read only after every size was checked."""
