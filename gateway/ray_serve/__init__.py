"""Everything that runs on Ray: engine replicas, gateway replicas, and the cluster that they run on."""
