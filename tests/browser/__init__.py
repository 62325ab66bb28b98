"""What a real browser requests when it draws a mail: the truth that observers are held against."""
