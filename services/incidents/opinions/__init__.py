"""What people say, from the round on which it was collected to the rating of the answer, and the mood that makes."""
