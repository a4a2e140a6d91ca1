"""Where tasks and actors are to run."""


class PlacementGroupSchedulingStrategy:
    def __init__(self, placement_group, placement_group_bundle_index=-1, placement_group_capture_child_tasks=None):
        self.placement_group = placement_group
        self.placement_group_bundle_index = placement_group_bundle_index
        self.placement_group_capture_child_tasks = placement_group_capture_child_tasks


class NodeAffinitySchedulingStrategy:
    def __init__(self, node_id, soft, _spill_on_unavailable=False, _fail_on_unavailable=False):
        try:
            known = len(bytes.fromhex(node_id)) == 28 and set(node_id) != {"f"}
        except ValueError:
            known = False
        if not known:
            raise ValueError(f"Invalid node_id '{node_id}'. Node ID must be a valid hex string. To get a list of all nodes and their IDs in your cluster, use `ray list nodes`.")
        self.node_id, self.soft = node_id, soft


class In:
    def __init__(self, *values):
        self.values = list(values)


class NotIn(In):
    pass


class Exists:
    pass


class DoesNotExist:
    pass


class NodeLabelSchedulingStrategy:
    def __init__(self, hard, *, soft=None):
        self.hard, self.soft = hard, soft

    def _labels(self):
        out = {}
        for key, condition in (self.hard or {}).items():
            if isinstance(condition, NotIn):
                out[key] = f"!in({', '.join(condition.values)})"
            elif isinstance(condition, In):
                out[key] = f"in({', '.join(condition.values)})"
        return out
