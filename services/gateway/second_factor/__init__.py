"""The second proof of who somebody is, for roles that can do great harm: a code of the moment from their telephone."""
