/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between the packet programs and the collector: the only place where
 * the two agree. python/traffic_analyzer/kernel/abi.py mirrors it and a test
 * compares both, member by member. Whoever changes a size, an order or a
 * meaning here raises TA_ABI_VERSION.
 *
 * Integers are in the byte order of the machine, but for ports and addresses,
 * which stay as they were on the wire.
 */
#ifndef TRAFFIC_ANALYZER_H
#define TRAFFIC_ANALYZER_H

#define TA_ABI_VERSION 3

#define TA_ADDRESS_LEN 16 /* bytes; an IPv4 address fills the first four, the rest is 0 */
#define TA_MAC_LEN 6 /* bytes */
#define TA_GENERATIONS 2 /* of all that is counted: one is written while the other is read */
#define TA_INTERFACE_SLOTS 64 /* of each generation */
#define TA_INTERFACE_PROBES 4 /* slots, from ifindex % TA_INTERFACE_SLOTS on, that an interface may have */
#define TA_HEAD_PAYLOAD_MAX 1500 /* bytes of a record of the ring buffer */
#define TA_FLOW_OPENED 0x8000 /* a TCP connection was opened: what an earlier one between these ports was called is past */

enum ta_direction {
	TA_INGRESS = 0, /* from the link to this machine */
	TA_EGRESS = 1, /* from this machine to the link */
	TA_DIRECTIONS = 2,
};

/*
 * Counted per interface and direction, each in bytes and packets.
 * SEEN = what the flows hold + NON_IP + NOT_BOOKED, in every generation.
 * BUFFERS and GROUP are the same packets in the units of devices made of
 * software, to be compared with their own counters. What stands below tells
 * how a packet was read; it is part of the first three and never added.
 */
enum ta_counter {
	TA_SEEN = 0, /* every packet */
	TA_NON_IP, /* neither IPv4 nor IPv6: ARP, LLDP, MPLS, PPP control, ... */
	TA_NOT_BOOKED, /* no room in the flow map */
	TA_BUFFERS, /* every packet, in socket buffers: bytes that they hold, link header included, and their number */
	TA_GROUP, /* of BUFFERS, those to a group address of the link: a bridge sends them to each of its ports */
	TA_MALFORMED, /* said to be IP, but its header does not hold; in NON_IP */
	TA_L4_TRUNCATED, /* booked without ports: the transport header is cut short */
	TA_FRAGMENT_ORPHAN, /* booked without ports: first fragment never seen */
	TA_FRAGMENT_UNTRACKED, /* first fragment that could not be remembered */
	TA_EXTENSIONS_TOO_LONG, /* booked without ports: more extension headers than are followed */
	/* Payload heads that were lost, by enum ta_head_kind and, within it, by enum ta_head_loss. */
	TA_DNS_RING_FULL,
	TA_DNS_FLOW_CAP,
	TA_DNS_RATE_CAP,
	TA_MDNS_RING_FULL,
	TA_MDNS_FLOW_CAP,
	TA_MDNS_RATE_CAP,
	TA_TLS_RING_FULL,
	TA_TLS_FLOW_CAP,
	TA_TLS_RATE_CAP,
	TA_QUIC_RING_FULL,
	TA_QUIC_FLOW_CAP,
	TA_QUIC_RATE_CAP,
	TA_HTTP_RING_FULL,
	TA_HTTP_FLOW_CAP,
	TA_HTTP_RATE_CAP,
	TA_DHCP_RING_FULL,
	TA_DHCP_FLOW_CAP,
	TA_DHCP_RATE_CAP,
	TA_COUNTERS,
};

/* What the beginning of a payload is captured as. */
enum ta_head_kind {
	TA_HEAD_DNS = 0, /* port 53, UDP and TCP */
	TA_HEAD_MDNS, /* UDP port 5353 */
	TA_HEAD_TLS, /* a ClientHello over TCP, any port */
	TA_HEAD_QUIC, /* an Initial, any UDP port */
	TA_HEAD_HTTP, /* a request to TCP port 80 */
	TA_HEAD_DHCP, /* what a client says to a server: UDP to port 67 or 547 */
};

/* Why a payload head is lost. */
enum ta_head_loss {
	TA_LOSS_RING_FULL = 0,
	TA_LOSS_FLOW_CAP, /* the flow has had its share of records for this generation */
	TA_LOSS_RATE_CAP, /* ta_control.heads_per_s */
	TA_LOSSES,
};

struct ta_traffic {
	__u64 bytes; /* as on the wire, link header included, preamble and FCS not */
	__u64 packets; /* as on the wire: a GSO or GRO super-packet counts its segments */
};

/* Key of the flow maps. One direction of one conversation, outermost IP header. */
struct ta_flow_key {
	__u8 src[TA_ADDRESS_LEN]; /* as on the wire */
	__u8 dst[TA_ADDRESS_LEN]; /* as on the wire */
	__u32 ifindex; /* where the packet was seen */
	__u16 src_port; /* network byte order; 0 where the protocol has none */
	__u16 dst_port; /* network byte order; 0 where the protocol has none */
	__u8 direction; /* enum ta_direction */
	__u8 l4_proto; /* IANA protocol number, after IPv6 extension headers */
	__u8 ip_version; /* 4 or 6 */
	__u8 padding; /* 0 */
};

/* Value of the flow maps, one for each CPU. */
struct ta_flow {
	struct ta_traffic traffic;
	__u64 first_boot_ns; /* boot clock of the first packet that this CPU saw in this generation; 0 = none */
	__u8 neighbour_mac[TA_MAC_LEN]; /* link source on ingress, destination on egress; 0 without a link header */
	__u16 heads; /* records captured, and TA_FLOW_OPENED */
	__u32 ingress_ifindex; /* where its first packet came into this machine; 0 = made here, or not egress */
	__u32 padding; /* 0 */
};

/* Element of the interface map, one for each CPU; at generation % TA_GENERATIONS * TA_INTERFACE_SLOTS + slot. */
struct ta_interface {
	__u32 ifindex; /* whose slot it is; 0 = free */
	__u32 padding; /* 0 */
	struct ta_traffic counter[TA_DIRECTIONS][TA_COUNTERS];
};

/* The only element of the control map. The collector writes it, the programs read it. */
struct ta_control {
	__u32 abi_version; /* TA_ABI_VERSION */
	__u32 generation; /* counted up at each turn; its lowest bit names the maps in use */
	__u32 heads_per_s; /* records captured a second on each CPU; 0 = none */
	__u32 padding; /* 0 */
};

/* Record of the ring buffer, cut behind its last byte of payload. */
struct ta_head {
	struct ta_flow_key key; /* of the packet */
	__u32 sequence; /* TCP: number of the first byte; UDP: its offset in the datagram's payload, bytes */
	__u64 boot_ns; /* boot clock */
	__u32 datagram; /* identification of a fragmented datagram, as on the wire; 0 = not fragmented */
	__u32 length; /* bytes on the wire that it stands for; more than captured where a datagram is cut */
	__u32 ingress_ifindex; /* as in struct ta_flow */
	__u8 neighbour_mac[TA_MAC_LEN]; /* as in struct ta_flow */
	__u8 kind; /* enum ta_head_kind */
	__u8 padding; /* 0 */
	__u8 payload[TA_HEAD_PAYLOAD_MAX];
};

#endif
