-- Cases nearby are found by cells alone; this index served the older way, and cost every report and every closing.
DROP INDEX incident_open_by_place;
