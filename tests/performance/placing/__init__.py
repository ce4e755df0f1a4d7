"""What bench_placements is made of: browsers, the two shops, and the counting of CPU time."""
