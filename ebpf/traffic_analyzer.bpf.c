// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts every packet of an interface, by flow, on the clsact hooks.
 *
 * Contract: a packet is never changed, dropped or delayed, and every path
 * returns TC_ACT_UNSPEC, so that filters behind this one decide as if it were
 * not there. Helpers of kernel 5.15 at most; no BTF of the kernel is needed.
 */
#if __has_include(<uapi/linux/bpf.h>)
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#else
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "traffic_analyzer.h"
#include "maps.bpf.h"
#include "packet.bpf.h"

static __always_inline void add(struct ta_traffic *sum, const struct ta_traffic *traffic)
{
	sum->bytes += traffic->bytes;
	sum->packets += traffic->packets;
}

/* False where the flow map has no room left. */
static __always_inline bool book(void *flow_map, const struct packet *packet)
{
	struct ta_flow *flow = bpf_map_lookup_elem(flow_map, &packet->key);
	struct ta_flow first = {};

	if (!flow) {
		first.traffic = packet->traffic;
		__builtin_memcpy(first.neighbour_mac, packet->neighbour_mac, TA_MAC_LEN);
		if (!bpf_map_update_elem(flow_map, &packet->key, &first, BPF_NOEXIST))
			return true;
		/* Another CPU may have been quicker: then the flow is there now. */
		flow = bpf_map_lookup_elem(flow_map, &packet->key);
		if (!flow)
			return false;
	}
	if (!flow->traffic.packets)
		__builtin_memcpy(flow->neighbour_mac, packet->neighbour_mac, TA_MAC_LEN);
	add(&flow->traffic, &packet->traffic);
	return true;
}

/* The counters of an interface in a generation; NULL where the loader gave it no slot. */
static __always_inline struct ta_interface *find_interface(__u32 generation, __u32 ifindex)
{
	struct ta_interface *interface;
	__u32 slot;

	for (int i = 0; i < TA_INTERFACE_PROBES; i++) {
		slot = generation * TA_INTERFACE_SLOTS + (ifindex + i) % TA_INTERFACE_SLOTS;
		interface = bpf_map_lookup_elem(&interfaces, &slot);
		if (interface && interface->ifindex == ifindex)
			return interface;
	}
	return NULL;
}

static __always_inline int count(struct __sk_buff *skb, enum ta_direction direction, bool has_link_header)
{
	struct packet packet = { .key.ifindex = skb->ifindex, .key.direction = direction };
	struct ta_interface *interface;
	struct ta_control *state;
	void *flow_map;
	__u32 zero = 0, generation;
	struct ta_traffic *counter;

	state = bpf_map_lookup_elem(&control, &zero);
	if (!state)
		return TC_ACT_UNSPEC;
	/* Read once: flow and counters of a packet belong to the same generation. */
	generation = *(volatile __u32 *)&state->generation % TA_GENERATIONS;
	flow_map = bpf_map_lookup_elem(&flows, &generation);
	interface = find_interface(generation, packet.key.ifindex);
	if (!flow_map || !interface) /* attached by hand, not by the loader: not ours to count */
		return TC_ACT_UNSPEC;
	counter = interface->counter[direction];

	read_packet(skb, &packet, has_link_header);
	measure(skb, &packet);

	add(&counter[TA_SEEN], &packet.traffic);
	if (!packet.is_flow)
		add(&counter[TA_NON_IP], &packet.traffic);
	else if (!book(flow_map, &packet))
		add(&counter[TA_NOT_BOOKED], &packet.traffic);
	if (packet.found)
		for (int i = TA_NOT_BOOKED + 1; i < TA_COUNTERS; i++)
			if (packet.found & FOUND(i))
				add(&counter[i], &packet.traffic);
	return TC_ACT_UNSPEC;
}

/* Devices with an Ethernet header: Ethernet, bridges, VLANs, veth, loopback. */
SEC("tc")
int ethernet_ingress(struct __sk_buff *skb)
{
	return count(skb, TA_INGRESS, true);
}

SEC("tc")
int ethernet_egress(struct __sk_buff *skb)
{
	return count(skb, TA_EGRESS, true);
}

/* Devices whose packets begin with IP: tun, ppp, WireGuard, IP tunnels. */
SEC("tc")
int ip_ingress(struct __sk_buff *skb)
{
	return count(skb, TA_INGRESS, false);
}

SEC("tc")
int ip_egress(struct __sk_buff *skb)
{
	return count(skb, TA_EGRESS, false);
}

char LICENSE[] SEC("license") = "GPL";
