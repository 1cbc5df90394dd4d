"""Where "am I affected?" searches: today's locks, retained releases, suppliers' documents, deployed folders, advisory feeds."""
