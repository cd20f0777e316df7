"""Speed: time of training, transform and start, beside other libraries."""
