"""Reading texts with a real engine and recording how its routers chose."""
