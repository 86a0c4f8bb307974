"""The conformance kit: deploys a stage, runs scenarios against it, writes one report, and tears the stage down."""
