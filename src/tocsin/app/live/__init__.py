"""Mail that is judged and handled as it arrives: workers, memory, journal, gate and watch."""
