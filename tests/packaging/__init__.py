"""What users get: archives, installations without the development tools, completion, missing extras."""
