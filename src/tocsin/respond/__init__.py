"""What is done about a mail: beacons taken out of it, the original sealed."""
