// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the packet programs are measured against. None of them counts what a
 * user wants to know; each does one share of the work, in the plainest way:
 *
 *   empty         nothing
 *   counter       one add into a per-CPU array
 *   floor_ipv4    headers in place, one look-up in a per-CPU hash, 16-byte key of IPv4 only
 *   floor_flow    the same with the key of traffic_analyzer.h, which holds IPv6 too
 *   by_fields     one helper call for each header field, look-up in a shared hash, += without atomics
 *   by_bytes      the same with one helper call for each header byte, the manner of traffic-analyzer-rs
 *
 * All of them read untagged IPv4 and nothing else, the floors without options.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "traffic_analyzer.h"

#define FLOWS_MAX 65536
#define ETHERTYPE_IPV4 0x0800
#define L4_TCP 6
#define L4_UDP 17
#define ETHERTYPE_AT 12 /* bytes into the frame */
#define IPV4_AT 14
#define PROTOCOL_AT (IPV4_AT + 9)
#define SRC_AT (IPV4_AT + 12)
#define DST_AT (IPV4_AT + 16)

struct frame {
	__u8 destination[TA_MAC_LEN];
	__u8 source[TA_MAC_LEN];
	__be16 ethertype;
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 identification;
	__be16 flags_offset;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__u8 src[4];
	__u8 dst[4];
	__be16 src_port;
	__be16 dst_port;
} __attribute__((packed));

struct ipv4_key {
	__u8 src[4];
	__u8 dst[4];
	__u16 src_port; /* network byte order */
	__u16 dst_port; /* network byte order */
	__u8 l4_proto;
	__u8 padding[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ta_traffic);
} one_counter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, FLOWS_MAX);
	__type(key, struct ipv4_key);
	__type(value, struct ta_traffic);
} ipv4_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, FLOWS_MAX);
	__type(key, struct ta_flow_key);
	__type(value, struct ta_traffic);
} per_cpu_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FLOWS_MAX);
	__type(key, struct ta_flow_key);
	__type(value, struct ta_traffic);
} shared_flows SEC(".maps");

static __always_inline int book(void *map, const void *key, struct __sk_buff *skb)
{
	struct ta_traffic first = { .bytes = skb->len, .packets = 1 };
	struct ta_traffic *sum = bpf_map_lookup_elem(map, key);

	if (!sum) {
		bpf_map_update_elem(map, key, &first, BPF_NOEXIST);
		return TC_ACT_UNSPEC;
	}
	sum->bytes += skb->len;
	sum->packets++;
	return TC_ACT_UNSPEC;
}

static __always_inline const struct frame *ipv4_frame(struct __sk_buff *skb)
{
	const struct frame *frame = (void *)(long)skb->data;

	if ((void *)(frame + 1) > (void *)(long)skb->data_end)
		return NULL;
	if (frame->ethertype != bpf_htons(ETHERTYPE_IPV4) || frame->version_ihl != 0x45)
		return NULL;
	if (frame->protocol != L4_TCP && frame->protocol != L4_UDP)
		return NULL;
	return frame;
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int counter(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct ta_traffic *sum = bpf_map_lookup_elem(&one_counter, &zero);

	if (sum) {
		sum->bytes += skb->len;
		sum->packets++;
	}
	return TC_ACT_UNSPEC;
}

SEC("tc")
int floor_ipv4(struct __sk_buff *skb)
{
	const struct frame *frame = ipv4_frame(skb);
	struct ipv4_key key = {};

	if (!frame)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(key.src, frame->src, sizeof(key.src));
	__builtin_memcpy(key.dst, frame->dst, sizeof(key.dst));
	key.src_port = frame->src_port;
	key.dst_port = frame->dst_port;
	key.l4_proto = frame->protocol;
	return book(&ipv4_flows, &key, skb);
}

SEC("tc")
int floor_flow(struct __sk_buff *skb)
{
	const struct frame *frame = ipv4_frame(skb);
	struct ta_flow_key key = { .ifindex = skb->ifindex, .ip_version = 4 };

	if (!frame)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(key.src, frame->src, sizeof(frame->src));
	__builtin_memcpy(key.dst, frame->dst, sizeof(frame->dst));
	key.src_port = frame->src_port;
	key.dst_port = frame->dst_port;
	key.l4_proto = frame->protocol;
	return book(&per_cpu_flows, &key, skb);
}

/* A header field of @len bytes, by one helper call or by one for each byte. */
static __always_inline bool load(struct __sk_buff *skb, __u32 offset, void *field, __u32 len, bool by_bytes)
{
	if (!by_bytes)
		return !bpf_skb_load_bytes(skb, offset, field, len);
	for (__u32 i = 0; i < len; i++)
		if (bpf_skb_load_bytes(skb, offset + i, field + i, 1))
			return false;
	return true;
}

static __always_inline int copy_and_book(struct __sk_buff *skb, bool by_bytes)
{
	struct ta_flow_key key = { .ifindex = skb->ifindex, .ip_version = 4 };
	__u8 version_ihl;
	__be16 ethertype;
	__u32 l4_at;

	if (!load(skb, ETHERTYPE_AT, &ethertype, sizeof(ethertype), by_bytes) ||
	    ethertype != bpf_htons(ETHERTYPE_IPV4) ||
	    !load(skb, IPV4_AT, &version_ihl, sizeof(version_ihl), by_bytes) || version_ihl >> 4 != 4 ||
	    !load(skb, PROTOCOL_AT, &key.l4_proto, sizeof(key.l4_proto), by_bytes) ||
	    !load(skb, SRC_AT, key.src, 4, by_bytes) || !load(skb, DST_AT, key.dst, 4, by_bytes))
		return TC_ACT_UNSPEC;
	if (key.l4_proto != L4_TCP && key.l4_proto != L4_UDP)
		return TC_ACT_UNSPEC;
	l4_at = IPV4_AT + (version_ihl & 0xf) * 4;
	if (!load(skb, l4_at, &key.src_port, sizeof(key.src_port), by_bytes) ||
	    !load(skb, l4_at + 2, &key.dst_port, sizeof(key.dst_port), by_bytes))
		return TC_ACT_UNSPEC;
	return book(&shared_flows, &key, skb);
}

SEC("tc")
int by_fields(struct __sk_buff *skb)
{
	return copy_and_book(skb, false);
}

SEC("tc")
int by_bytes(struct __sk_buff *skb)
{
	return copy_and_book(skb, true);
}

char LICENSE[] SEC("license") = "GPL";
