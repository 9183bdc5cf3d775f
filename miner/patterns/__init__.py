"""Items, itemsets and rules: what is searched when variables are taken as conditions, and how it is tested."""
