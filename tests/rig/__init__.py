"""Real servers for tests: each module starts one tool on a free loopback port and stops it again."""
