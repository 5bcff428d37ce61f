/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps. The loader sets the size of flows_0, flows_1, fragments, streams
 * and heads, and puts the first two into `flows`: OpenWrt compiles for MIPS
 * first, and where pointers lie in what is initialized here is lost then.
 *
 * What is counted exists twice, one generation in use and one at rest. The
 * collector turns them by counting up `control`, then stores into `flows`, a
 * map of maps: that store returns only when every program that may have read
 * the old generation has ended (kernel commit 1ae80cf31938,
 * maybe_wait_bpf_programs). After that nobody writes the resting generation,
 * so it is read and cleared without losing a byte.
 */
#ifndef TRAFFIC_ANALYZER_MAPS_H
#define TRAFFIC_ANALYZER_MAPS_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ta_control);
} control SEC(".maps");

struct flow_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, struct ta_flow_key);
	__type(value, struct ta_flow);
};

struct flow_map flows_0 SEC(".maps");
struct flow_map flows_1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TA_GENERATIONS);
	__type(key, __u32);
	__array(values, struct flow_map);
} flows SEC(".maps");

/*
 * A slot for each attached interface, taken by the loader before it attaches.
 * An array, because a second hash look-up would cost as much as all parsing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TA_GENERATIONS * TA_INTERFACE_SLOTS);
	__type(key, __u32);
	__type(value, struct ta_interface);
} interfaces SEC(".maps");

/* An IP datagram in pieces; only its first fragment names the ports. */
struct fragment_key {
	__u8 src[TA_ADDRESS_LEN];
	__u8 dst[TA_ADDRESS_LEN];
	__u32 ifindex;
	__u32 identification; /* as on the wire; 16 bits for IPv4, 32 for IPv6 */
	__u8 direction; /* enum ta_direction */
	__u8 ip_version; /* 4 or 6 */
	__u8 l4_proto; /* IPv4 only: part of the datagram's identity (RFC 791); 0 for IPv6 (RFC 8200, 4.5) */
	__u8 padding;
};

struct fragment_flow {
	__u16 src_port; /* network byte order */
	__u16 dst_port; /* network byte order */
	__u8 l4_proto;
	__u8 padding[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct fragment_key);
	__type(value, struct fragment_flow);
} fragments SEC(".maps");

/* Payload heads on their way to the collector, which looks by itself: nobody is woken up. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} heads SEC(".maps");

/* The beginning of a TCP stream, one direction, whose ClientHello is awaited or under way. */
struct stream {
	__u32 start; /* sequence number of the first byte of payload, or of the ClientHello */
	__u32 wanted; /* bytes from there; 0 = nothing has come yet that tells */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct ta_flow_key);
	__type(value, struct stream);
} streams SEC(".maps");

/* Where a record is put together, and how many were made in the running second. No program interrupts another. */
struct desk {
	__u64 second_boot_ns; /* when that second began */
	__u32 heads;
	__u32 padding;
	struct ta_head head;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct desk);
} desks SEC(".maps");

#endif
