"""What the jobs left, read and measured for tables, figures and claims."""
