"""Occlusion of faces: the map, the mask state and the visible share."""
