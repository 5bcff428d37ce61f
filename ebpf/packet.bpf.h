/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a socket buffer to the flow it belongs to.
 *
 * A cursor walks the headers, outermost to transport. It reads in place where
 * the bytes are linear and copies them where they are not; packets without a
 * link header are always copied, because their IP header is not aligned for
 * machines that need it. Nothing here writes to the packet or keeps it.
 */
#ifndef TRAFFIC_ANALYZER_PACKET_H
#define TRAFFIC_ANALYZER_PACKET_H

#include "headers.bpf.h"

#define VLAN_TAGS 3 /* tags followed in the frame; the one in the skb comes before them */
#define EXTENSION_HEADERS 8 /* followed; RFC 8200 suggests at most one of each of six kinds */

struct cursor {
	struct __sk_buff *skb;
	__u32 offset; /* bytes from skb->data to the next header */
	bool in_place; /* linear bytes may be read without a copy: they are aligned */
};

struct packet {
	struct ta_flow_key key;
	struct ta_traffic traffic;
	__u8 neighbour_mac[TA_MAC_LEN];
	__u32 headers_len; /* bytes repeated by each segment of a super-packet, the skb's VLAN tag not included */
	__u32 transport; /* bytes from skb->data to the transport header, or to what a later fragment holds; 0 = none */
	__u32 end; /* bytes from skb->data to the end of the IP packet; padding of the frame may follow */
	__u32 datagram; /* identification of a fragmented datagram, as on the wire; 0 = not fragmented */
	__u32 fragment_offset; /* bytes of the datagram before a later fragment */
	__u32 found; /* set of enum ta_counter: what was met on the way */
	bool is_flow;
	bool is_group; /* to a group address of the link */
};

struct fragment {
	struct fragment_key key;
	__u32 offset; /* bytes */
	bool is_first; /* names the ports for the fragments that follow */
	bool is_later; /* has no transport header */
};

#define FOUND(counter) (1U << (counter))

/* The next @len bytes, in place or copied to @room; NULL past the end of the packet. */
static __always_inline const void *cursor_peek(const struct cursor *at, void *room, __u32 len)
{
	void *data = (void *)(long)at->skb->data;
	void *end = (void *)(long)at->skb->data_end;

	if (at->in_place && data + at->offset + len <= end)
		return data + at->offset;
	if (bpf_skb_load_bytes(at->skb, at->offset, room, len))
		return NULL;
	return room;
}

static __always_inline const void *cursor_pull(struct cursor *at, void *room, __u32 len)
{
	const void *header = cursor_peek(at, room, len);

	at->offset += len;
	return header;
}

static __always_inline bool is_vlan(__u16 ethertype)
{
	return ethertype == ETHERTYPE_8021Q || ethertype == ETHERTYPE_8021AD ||
	       ethertype == ETHERTYPE_QINQ;
}

/* The EtherType of what is carried, behind VLAN tags, SNAP and PPPoE; 0 where there is none. */
static __always_inline __u16 pull_link(struct cursor *at, struct packet *packet)
{
	struct ethernet_header ethernet_room;
	struct snap_header snap_room;
	struct pppoe_header pppoe_room;
	struct vlan_header vlan_room;
	const struct ethernet_header *ethernet;
	const struct snap_header *snap;
	const struct pppoe_header *pppoe;
	const struct vlan_header *vlan;
	__u16 ethertype;

	ethernet = cursor_pull(at, &ethernet_room, sizeof(*ethernet));
	if (!ethernet)
		return 0;
	__builtin_memcpy(packet->neighbour_mac,
			 packet->key.direction == TA_INGRESS ? ethernet->source : ethernet->destination,
			 TA_MAC_LEN);
	packet->is_group = ethernet->destination[0] & GROUP_MAC;
	ethertype = bpf_ntohs(ethernet->ethertype);

	for (int i = 0; i < VLAN_TAGS && is_vlan(ethertype); i++) {
		vlan = cursor_pull(at, &vlan_room, sizeof(*vlan));
		if (!vlan)
			return 0;
		ethertype = bpf_ntohs(vlan->ethertype);
	}

	if (ethertype <= ETHERNET_LENGTH_MAX) {
		snap = cursor_pull(at, &snap_room, sizeof(*snap));
		if (!snap || bpf_ntohs(snap->dsap_ssap) != SNAP_DSAP_SSAP)
			return 0;
		return bpf_ntohs(snap->ethertype);
	}
	if (ethertype == ETHERTYPE_PPPOE) {
		pppoe = cursor_pull(at, &pppoe_room, sizeof(*pppoe));
		if (!pppoe)
			return 0;
		switch (bpf_ntohs(pppoe->protocol)) {
		case PPP_IPV4:
			return ETHERTYPE_IPV4;
		case PPP_IPV6:
			return ETHERTYPE_IPV6;
		}
	}
	return ethertype;
}

/* True where @at stood on an IPv4 header. RFC 791. */
static __always_inline bool pull_ipv4(struct cursor *at, struct packet *packet, struct fragment *fragment)
{
	struct ipv4_header room;
	const struct ipv4_header *ipv4 = cursor_peek(at, &room, sizeof(*ipv4));
	__u16 flags_offset;
	__u32 len;

	if (!ipv4 || ipv4->version_ihl >> 4 != 4)
		return false;
	len = (ipv4->version_ihl & 0xf) * 4;
	if (len < IPV4_MIN_LEN)
		return false;
	packet->key.ip_version = 4;
	packet->key.l4_proto = ipv4->protocol;
	__builtin_memcpy(packet->key.src, &ipv4->src, sizeof(ipv4->src));
	__builtin_memcpy(packet->key.dst, &ipv4->dst, sizeof(ipv4->dst));

	flags_offset = bpf_ntohs(ipv4->flags_offset);
	fragment->offset = (flags_offset & IPV4_OFFSET) * 8;
	fragment->is_later = fragment->offset;
	fragment->is_first = !fragment->is_later && (flags_offset & IPV4_MORE_FRAGMENTS);
	fragment->key.identification = ipv4->identification;
	fragment->key.l4_proto = ipv4->protocol;
	packet->end = at->offset + bpf_ntohs(ipv4->total_length);
	at->offset += len;
	return true;
}

static __always_inline bool is_extension(__u8 next_header)
{
	switch (next_header) {
	case L4_HOP_BY_HOP:
	case L4_ROUTING:
	case L4_FRAGMENT:
	case L4_AH:
	case L4_DESTINATION:
		return true;
	}
	return false;
}

/* A walk along extension headers, from the first on. */
struct extensions {
	__u32 offset; /* bytes from skb->data to the next header */
	__u32 identification; /* of a fragment, as on the wire */
	__u8 next_header; /* kind of the next header; in the end the transport protocol, or what could not be read */
	__u8 is_first_fragment;
	__u16 fragment_offset; /* bytes; of a later fragment */
};

/*
 * Follows the extension headers to the transport protocol, or to a later
 * fragment. RFC 8200, 4. A function of its own, not inlined: the verifier
 * walks it less often, and not once for each way that leads here.
 */
static __noinline int walk_extensions(struct __sk_buff *skb, struct extensions *walk)
{
	struct extension_header extension;
	struct fragment_header fragment;
	__u16 offset_flags;
	__u8 kind;

	if (!walk)
		return 0;
	for (int i = 0; i < EXTENSION_HEADERS; i++) {
		kind = walk->next_header;
		if (!is_extension(kind))
			return 0;
		if (kind == L4_FRAGMENT) {
			if (bpf_skb_load_bytes(skb, walk->offset, &fragment, sizeof(fragment)))
				return 0;
			offset_flags = bpf_ntohs(fragment.offset_flags);
			walk->offset += sizeof(fragment);
			walk->next_header = fragment.next_header;
			walk->identification = fragment.identification;
			walk->fragment_offset = offset_flags & IPV6_OFFSET;
			if (walk->fragment_offset)
				return 0;
			walk->is_first_fragment = offset_flags & IPV6_MORE_FRAGMENTS;
			continue;
		}
		if (bpf_skb_load_bytes(skb, walk->offset, &extension, sizeof(extension)))
			return 0;
		walk->next_header = extension.next_header;
		if (kind == L4_AH) /* RFC 4302, 2.2: in units of four bytes, less two */
			walk->offset += (extension.length + 2) * 4;
		else
			walk->offset += (extension.length + 1) * 8;
	}
	return 0;
}

/* Moves @at behind the extension headers; what follows them is copied, for its alignment is not known. */
static __always_inline void pull_extensions(struct cursor *at, struct packet *packet, struct fragment *fragment)
{
	struct extensions walk = { .offset = at->offset, .next_header = packet->key.l4_proto };

	walk_extensions(at->skb, &walk);
	at->offset = walk.offset;
	at->in_place = false;
	packet->key.l4_proto = walk.next_header;
	fragment->key.identification = walk.identification;
	fragment->is_first = walk.is_first_fragment;
	fragment->is_later = walk.fragment_offset;
	fragment->offset = walk.fragment_offset;
	if (!walk.fragment_offset && is_extension(walk.next_header))
		packet->found |= FOUND(TA_EXTENSIONS_TOO_LONG);
}

/* True where @at stood on an IPv6 header. RFC 8200. */
static __always_inline bool pull_ipv6(struct cursor *at, struct packet *packet, struct fragment *fragment)
{
	struct ipv6_header room;
	const struct ipv6_header *ipv6 = cursor_pull(at, &room, sizeof(*ipv6));

	if (!ipv6 || bpf_ntohl(ipv6->version_class_label) >> 28 != 6)
		return false;
	packet->key.ip_version = 6;
	packet->key.l4_proto = ipv6->next_header;
	__builtin_memcpy(packet->key.src, ipv6->src, sizeof(ipv6->src));
	__builtin_memcpy(packet->key.dst, ipv6->dst, sizeof(ipv6->dst));
	packet->end = at->offset + bpf_ntohs(ipv6->payload_length);
	if (is_extension(ipv6->next_header))
		pull_extensions(at, packet, fragment);
	return true;
}

/* Reads ports, and for super-packets the length of the transport header. */
static __always_inline void pull_transport(struct cursor *at, struct packet *packet)
{
	struct ports room;
	const struct ports *ports;
	struct cursor tcp = *at;
	const __u8 *data_offset;

	switch (packet->key.l4_proto) {
	case L4_TCP:
	case L4_UDP:
	case L4_SCTP:
		break;
	default:
		return;
	}
	ports = cursor_peek(at, &room, sizeof(*ports));
	if (!ports) {
		packet->found |= FOUND(TA_L4_TRUNCATED);
		return;
	}
	packet->key.src_port = ports->src;
	packet->key.dst_port = ports->dst;

	if (!at->skb->gso_size)
		return;
	if (packet->key.l4_proto == L4_UDP) {
		at->offset += UDP_LEN;
	} else if (packet->key.l4_proto == L4_TCP) {
		tcp.offset += TCP_DATA_OFFSET;
		data_offset = cursor_peek(&tcp, &room, sizeof(*data_offset));
		if (data_offset)
			at->offset += (*data_offset >> 4) * 4;
	}
}

/* Lends the ports of a first fragment to those that follow it. */
static __always_inline void join_fragments(struct packet *packet, struct fragment *fragment)
{
	struct fragment_flow *known, flow = {};

	__builtin_memcpy(fragment->key.src, packet->key.src, sizeof(fragment->key.src));
	__builtin_memcpy(fragment->key.dst, packet->key.dst, sizeof(fragment->key.dst));
	fragment->key.ifindex = packet->key.ifindex;
	fragment->key.direction = packet->key.direction;
	fragment->key.ip_version = packet->key.ip_version;

	if (fragment->is_first) {
		flow.src_port = packet->key.src_port;
		flow.dst_port = packet->key.dst_port;
		flow.l4_proto = packet->key.l4_proto;
		if (bpf_map_update_elem(&fragments, &fragment->key, &flow, BPF_ANY))
			packet->found |= FOUND(TA_FRAGMENT_UNTRACKED);
		return;
	}
	known = bpf_map_lookup_elem(&fragments, &fragment->key);
	if (!known) {
		packet->found |= FOUND(TA_FRAGMENT_ORPHAN);
		return;
	}
	packet->key.src_port = known->src_port;
	packet->key.dst_port = known->dst_port;
	packet->key.l4_proto = known->l4_proto;
}

/*
 * Bytes and packets as they are on the wire. A super-packet of GSO or GRO
 * holds its headers once, the wire carries them in every segment. gso_segs is
 * 0 where the sender left the counting to the device (virtio, packet sockets).
 * Headers that claim to be longer than the packet are a lie and add nothing.
 */
static __always_inline void measure(struct __sk_buff *skb, struct packet *packet)
{
	__u32 tag_len = skb->vlan_present ? VLAN_LEN : 0;
	__u32 segments = skb->gso_segs;

	packet->traffic.bytes = skb->len + tag_len;
	packet->traffic.packets = 1;
	if (!skb->gso_size || packet->headers_len >= skb->len)
		return;
	if (!segments)
		segments = (skb->len - packet->headers_len + skb->gso_size - 1) / skb->gso_size;
	if (segments > 1) {
		packet->traffic.bytes += (__u64)(segments - 1) * (packet->headers_len + tag_len);
		packet->traffic.packets = segments;
	}
}

/* Fills @packet; its key is whole where is_flow is set. */
static __always_inline void read_packet(struct __sk_buff *skb, struct packet *packet, bool has_link_header)
{
	struct cursor at = { .skb = skb, .in_place = has_link_header };
	struct fragment fragment = {};
	__u16 ethertype;

	ethertype = has_link_header ? pull_link(&at, packet) : bpf_ntohs((__u16)skb->protocol);
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		packet->is_flow = pull_ipv4(&at, packet, &fragment);
		break;
	case ETHERTYPE_IPV6:
		packet->is_flow = pull_ipv6(&at, packet, &fragment);
		break;
	default:
		return;
	}
	if (!packet->is_flow) {
		packet->found |= FOUND(TA_MALFORMED);
		return;
	}
	packet->transport = at.offset;
	if (!fragment.is_later)
		pull_transport(&at, packet);
	if (fragment.is_first || fragment.is_later) {
		join_fragments(packet, &fragment);
		packet->datagram = fragment.key.identification ?: 1;
		packet->fragment_offset = fragment.offset;
	}
	packet->headers_len = at.offset;
}

#endif
