// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts every packet of an interface, by flow, on the clsact hooks, and
 * hands the payload heads that tell names to the collector.
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

/*
 * Functions that are not inlined are static all the same: a global one is
 * given the context only by kernels with BTF of their own (the name of its
 * type is looked up there, btf_get_prog_ctx_type), and OpenWrt's have none.
 *
 * The kernel's own headers, which OpenWrt compiles with, make the attribute's name a macro.
 */
#undef __noinline
#define __noinline __attribute__((__noinline__))

#include "traffic_analyzer.h"
#include "maps.bpf.h"
#include "packet.bpf.h"
#include "heads.bpf.h"

static __always_inline void add(struct ta_traffic *sum, const struct ta_traffic *traffic)
{
	sum->bytes += traffic->bytes;
	sum->packets += traffic->packets;
}

/* The flow of a packet, on this CPU, without that packet; NULL where the flow map has no room left. */
static __always_inline struct ta_flow *find_flow(struct __sk_buff *skb, void *flow_map, const struct packet *packet)
{
	struct ta_flow *flow = bpf_map_lookup_elem(flow_map, &packet->key);
	struct ta_flow first = {};

	if (!flow) {
		/* Another CPU may be quicker: then the flow is there all the same. */
		bpf_map_update_elem(flow_map, &packet->key, &first, BPF_NOEXIST);
		flow = bpf_map_lookup_elem(flow_map, &packet->key);
		if (!flow)
			return NULL;
	}
	if (!flow->traffic.packets) {
		flow->first_boot_ns = bpf_ktime_get_boot_ns();
		__builtin_memcpy(flow->neighbour_mac, packet->neighbour_mac, TA_MAC_LEN);
		if (packet->key.direction == TA_EGRESS) /* on ingress it is this interface, or one below */
			flow->ingress_ifindex = skb->ingress_ifindex;
	}
	return flow;
}

/* Looks for a name in the packet; @flow is NULL where it is not booked. */
static __always_inline void look_into(struct __sk_buff *skb, struct packet *packet, struct ta_flow *flow,
				      __u32 heads_per_s)
{
	struct capture what;

	if (!heads_per_s || !packet->transport || !is_candidate(packet, flow ? flow->traffic.packets : 0))
		return;
	__builtin_memset(&what, 0, sizeof(what));
	what.key = packet->key;
	what.transport = packet->transport;
	what.end = skb->len;
	if (!skb->gso_size && packet->end < skb->len)
		what.end = packet->end;
	what.datagram = packet->datagram;
	what.fragment_offset = packet->fragment_offset;
	what.heads_per_s = heads_per_s;
	what.taken = flow ? flow->heads & ~TA_FLOW_OPENED : 0;
	__builtin_memcpy(what.neighbour_mac, packet->neighbour_mac, TA_MAC_LEN);
	capture(skb, &what);
	packet->found |= what.found;
	if (flow)
		flow->heads = what.taken | what.opened | (flow->heads & TA_FLOW_OPENED);
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
	struct ta_flow *flow = NULL;
	void *flow_map;
	__u32 zero = 0, generation;
	struct ta_traffic *counter, buffer = { .bytes = skb->len, .packets = 1 };

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
	add(&counter[TA_BUFFERS], &buffer);
	if (packet.is_group)
		add(&counter[TA_GROUP], &buffer);
	if (packet.is_flow) {
		flow = find_flow(skb, flow_map, &packet);
		look_into(skb, &packet, flow, state->heads_per_s);
		add(flow ? &flow->traffic : &counter[TA_NOT_BOOKED], &packet.traffic);
	} else {
		add(&counter[TA_NON_IP], &packet.traffic);
	}
	if (packet.found)
		for (int i = TA_MALFORMED; i < TA_COUNTERS; i++)
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
