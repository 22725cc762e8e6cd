"""Where pictures come from: which addresses may be opened, and how one picture is fetched from each kind."""
