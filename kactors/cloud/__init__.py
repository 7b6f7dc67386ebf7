"""A simulated cloud, and the cloud controller manager that makes a cluster at home in it.

The cloud has instances, load balancers and routes; whoever asks it, asks by messages, waits, and
now and then is refused. `manager` holds the controllers: `node_controller`, `node_lifecycle`,
`node_ipam`, `route_controller`, `service_controller`. What they decide is plain functions.
"""
