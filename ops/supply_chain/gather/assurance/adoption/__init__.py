"""What a project to be adopted holds, and the files written into it."""
