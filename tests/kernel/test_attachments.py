"""An attachment that fails half way leaves nothing of the instance that tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from traffic_analyzer.errors import KernelError
from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel.attachments import Attachments
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader


def _attachments(pins: Path, instance: instances.Instance) -> Attachments:
    return Attachments(instance, Reader(instance), ["rx"], pins, remember=lambda _: None)


def test_half_attached_over_a_dead_instance(cable, pins: Path) -> None:
    _, receiver = cable
    killed, new = (instances.load(Libbpf(), find_object(None), pins, "test", instances.Sizes()) for _ in range(2))
    with receiver.entered():
        _attachments(pins, killed).attach()
        killed.close()  # as when its process ends
        os.dup2(new.maps["control"], new.programs["ethernet_egress"])  # no program: egress is refused
        attachments = _attachments(pins, new)
        with pytest.raises(KernelError):
            attachments.attach()
        there = receiver.run("tc", "filter", "show", "dev", "rx", "ingress").stdout
        assert new.name in there  # it did replace the first one
        attachments.detach()
    there = "".join(receiver.run("tc", "filter", "show", "dev", "rx", way).stdout for way in ("ingress", "egress"))
    assert new.name not in there
    assert killed.name in there  # egress: for the next start to take over
    new.remove()
