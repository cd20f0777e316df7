"""Speed: time of training, transform and start, against other libraries."""
