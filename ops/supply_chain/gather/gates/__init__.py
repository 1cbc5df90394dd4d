"""What every gate shares: projects and their locks in, waivers applied, outcome out."""
