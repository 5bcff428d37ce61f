/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers as they are on the wire, and the numbers in them.
 *
 * Bytes and words without bit-fields, so that one source serves both byte
 * orders.
 */
#ifndef TRAFFIC_ANALYZER_HEADERS_H
#define TRAFFIC_ANALYZER_HEADERS_H

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_8021Q 0x8100
#define ETHERTYPE_8021AD 0x88a8
#define ETHERTYPE_QINQ 0x9100 /* before 802.1ad, still sent */
#define ETHERTYPE_PPPOE 0x8864
#define GROUP_MAC 0x01 /* bit of the first byte: multicast or broadcast (IEEE 802, 8.2.2) */
#define ETHERNET_LENGTH_MAX 1500 /* up to here the field is a length, and an LLC header follows (IEEE 802.3) */
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057

#define L4_HOP_BY_HOP 0
#define L4_TCP 6
#define L4_UDP 17
#define L4_ROUTING 43
#define L4_FRAGMENT 44
#define L4_AH 51
#define L4_DESTINATION 60
#define L4_SCTP 132

#define SNAP_DSAP_SSAP 0xaaaa
#define VLAN_LEN 4 /* bytes of a tag that the kernel took out of the frame */

#define IPV4_MIN_LEN 20
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff
#define IPV6_MORE_FRAGMENTS 0x0001
#define IPV6_OFFSET 0xfff8
#define TCP_DATA_OFFSET 12 /* where the header tells its length */
#define TCP_MIN_LEN 20
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define UDP_LEN 8
#define PORT_DNS 53
#define PORT_HTTP 80
#define PORT_MDNS 5353
#define PORT_DHCP_SERVER 67 /* RFC 2131, 4.1 */
#define PORT_DHCPV6_SERVER 547 /* RFC 8415, 7.2 */

struct ethernet_header {
	__u8 destination[TA_MAC_LEN];
	__u8 source[TA_MAC_LEN];
	__be16 ethertype;
};

struct vlan_header {
	__be16 tci;
	__be16 ethertype;
};

struct snap_header { /* RFC 1042: LLC with SNAP, and the EtherType behind it */
	__be16 dsap_ssap;
	__u8 control;
	__u8 organization[3];
	__be16 ethertype;
};

struct pppoe_header { /* RFC 2516, 4, and the PPP protocol behind it */
	__u8 version_type;
	__u8 code;
	__be16 session;
	__be16 length;
	__be16 protocol;
};

struct ipv4_header { /* RFC 791, 3.1 */
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 identification;
	__be16 flags_offset;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 src;
	__be32 dst;
};

struct ipv6_header { /* RFC 8200, 3 */
	__be32 version_class_label;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 src[4];
	__be32 dst[4];
};

struct extension_header { /* RFC 8200, 4; length in units of eight bytes, the first not counted */
	__u8 next_header;
	__u8 length;
};

struct fragment_header { /* RFC 8200, 4.5 */
	__u8 next_header;
	__u8 reserved;
	__be16 offset_flags;
	__be32 identification;
};

struct tcp_header { /* RFC 9293, 3.1 */
	__be16 src_port;
	__be16 dst_port;
	__be32 sequence;
	__be32 acknowledgement;
	__u8 data_offset;
	__u8 flags;
	__be16 window;
};

struct udp_header { /* RFC 768 */
	__be16 src_port;
	__be16 dst_port;
	__be16 length; /* header included */
	__be16 checksum;
};

struct ports { /* what TCP, UDP and SCTP begin with */
	__be16 src;
	__be16 dst;
};

#endif
