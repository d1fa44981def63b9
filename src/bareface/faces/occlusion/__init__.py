"""What hides a face: the occlusion map and what follows from it."""
