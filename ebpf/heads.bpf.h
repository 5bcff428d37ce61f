/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payload heads: the bytes that tell a name, copied to the ring buffer.
 *
 * By port: DNS and mDNS, every packet, and DHCP. By their first bytes, on any port and
 * only among the first packets of a flow in a generation: ClientHellos, QUIC
 * Initials, HTTP requests. A flow that goes on costs a comparison. What is
 * lost is counted by kind and cause.
 */
#ifndef TRAFFIC_ANALYZER_HEADS_H
#define TRAFFIC_ANALYZER_HEADS_H

#define EARLY_PACKETS 32 /* of a flow, on one CPU, in a generation, that are looked into */
#define STREAM_MAX 16384 /* bytes from the beginning of a ClientHello on that are captured */
#define RECORDS 11 /* of one super-packet; eleven hold STREAM_MAX */
#define FLOW_HEADS 64 /* records of a flow, on one CPU, in a generation */
#define FLOW_HEADS_DNS 16384 /* the same for port 53 and mDNS: a resolver's whole traffic may be one flow */
#define NS_PER_S 1000000000ULL

#define QUIC_LONG_HEADER 0x80 /* RFC 9000, 17.2; the fixed bit beside it may be 0 (RFC 9287) */
#define QUIC_PACKET_TYPE 0x30
#define QUIC_V1 0x00000001
#define QUIC_V2 0x6b3343cf /* RFC 9369 */
#define QUIC_V2_INITIAL 0x10
#define QUIC_DRAFT_23 0xff000017
#define QUIC_DRAFT_34 0xff000022
#define QUIC_T051 0x54303531 /* Google's, with the handshake of TLS */

#define TLS_CHANGE_CIPHER_SPEC 20 /* record type, RFC 8446, 5.1 */
#define TLS_CHANGE_CIPHER_SPEC_LEN 6 /* of the whole record; before a second ClientHello, RFC 8446, D.4 */
#define TLS_HANDSHAKE 22 /* record type, RFC 8446, 5.1 */
#define TLS_MAJOR 3
#define TLS_RECORD_HEADER_LEN 5
#define TLS_CLIENT_HELLO 1 /* handshake type, RFC 8446, 4 */
#define TLS_HANDSHAKE_HEADER_LEN 4

/* A packet to look into, the stretch of its payload that is wanted, and what came of it. */
struct capture {
	struct ta_flow_key key;
	__u32 transport; /* as in struct packet, as are the next two */
	__u32 datagram;
	__u32 fragment_offset;
	__u32 heads_per_s; /* as in struct ta_control */
	__u32 offset; /* bytes from skb->data to the stretch */
	__u32 end; /* bytes from skb->data to its end; before it is known, to that of the packet */
	__u32 step; /* bytes from one record to the next */
	__u32 length; /* bytes of a datagram in pieces, as its header tells; 0 = it is whole */
	__u32 sequence; /* of its first byte */
	__u32 taken; /* records of this flow: in, and out */
	__u32 opened; /* out: TA_FLOW_OPENED or 0 */
	__u32 found; /* out: set of enum ta_counter */
	__u8 neighbour_mac[TA_MAC_LEN];
	__u8 kind; /* enum ta_head_kind */
	__u8 padding;
};

static __always_inline bool is_port(const struct ta_flow_key *key, __u16 port)
{
	return key->src_port == bpf_htons(port) || key->dst_port == bpf_htons(port);
}

/* Whether the packet may hold a head. @before: packets of the flow that were seen before it. */
static __always_inline bool is_candidate(const struct packet *packet, __u64 before)
{
	const struct ta_flow_key *key = &packet->key;

	switch (key->l4_proto) {
	case L4_UDP:
		if (is_port(key, PORT_DNS))
			return true;
		if (packet->fragment_offset)
			return false;
		return before < EARLY_PACKETS || is_port(key, PORT_MDNS);
	case L4_TCP:
		return !packet->fragment_offset && (before < EARLY_PACKETS || is_port(key, PORT_DNS));
	}
	return false;
}

static __always_inline void lose(struct capture *what, enum ta_head_loss loss)
{
	what->found |= FOUND(TA_DNS_RING_FULL + what->kind * TA_LOSSES + loss);
}

/* True where the running second has room for another record. */
static __always_inline bool take_turn(struct desk *desk, __u64 now_boot_ns, __u32 heads_per_s)
{
	if (now_boot_ns - desk->second_boot_ns >= NS_PER_S) {
		desk->second_boot_ns = now_boot_ns;
		desk->heads = 0;
	}
	if (desk->heads >= heads_per_s)
		return false;
	desk->heads++;
	return true;
}

/* Hands the stretch over, record by record. Not inlined: the verifier walks it less often. */
static __noinline int hand_over(struct __sk_buff *skb, struct capture *what)
{
	__u32 zero = 0, len, left, taken_max;
	struct ta_head *head;
	struct desk *desk;

	if (!what)
		return 0;
	desk = bpf_map_lookup_elem(&desks, &zero);
	if (!desk)
		return 0;
	taken_max = what->kind <= TA_HEAD_MDNS ? FLOW_HEADS_DNS : FLOW_HEADS;
	head = &desk->head;
	head->key = what->key;
	head->boot_ns = bpf_ktime_get_boot_ns();
	head->datagram = what->datagram;
	head->ingress_ifindex = what->key.direction == TA_EGRESS ? skb->ingress_ifindex : 0;
	head->kind = what->kind;
	__builtin_memcpy(head->neighbour_mac, what->neighbour_mac, TA_MAC_LEN);

	for (int i = 0; i < RECORDS && what->offset < what->end; i++) {
		if (what->taken >= taken_max)
			break;
		if (!take_turn(desk, head->boot_ns, what->heads_per_s)) {
			lose(what, TA_LOSS_RATE_CAP);
			return 0;
		}
		left = what->end - what->offset;
		len = left < what->step ? left : what->step;
		head->length = what->length ?: len;
		head->sequence = what->sequence;
		if (len > TA_HEAD_PAYLOAD_MAX)
			len = TA_HEAD_PAYLOAD_MAX;
		barrier_var(len); /* compared as signed: before kernel 6.8 the verifier learns nothing from "not 0" */
		if ((__s32)len <= 0 || bpf_skb_load_bytes(skb, what->offset, head->payload, len))
			return 0;
		if (bpf_ringbuf_output(&heads, head, offsetof(struct ta_head, payload) + len, BPF_RB_NO_WAKEUP))
			lose(what, TA_LOSS_RING_FULL);
		what->taken++;
		what->offset += what->step;
		what->sequence += what->step;
	}
	if (what->offset < what->end)
		lose(what, TA_LOSS_FLOW_CAP);
	return 0;
}

/* RFC 9000, 17.2.2; the packet type of version 2 is another (RFC 9369, 3.2). */
static __always_inline bool is_quic_initial(const __u8 *head)
{
	__u32 version = (__u32)head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4];
	__u8 type = head[0] & QUIC_PACKET_TYPE;

	if (!(head[0] & QUIC_LONG_HEADER))
		return false;
	if (version == QUIC_V2)
		return type == QUIC_V2_INITIAL;
	return !type && (version == QUIC_V1 || version == QUIC_T051 ||
			 (version >= QUIC_DRAFT_23 && version <= QUIC_DRAFT_34));
}

static __always_inline void capture_udp(struct __sk_buff *skb, struct capture *what)
{
	struct udp_header udp;
	__u8 head[5];

	what->offset = what->transport;
	what->step = skb->gso_size ?: what->end;
	if (what->fragment_offset) {
		what->sequence = what->fragment_offset - UDP_LEN;
	} else {
		what->offset += UDP_LEN;
		if (what->datagram && !bpf_skb_load_bytes(skb, what->transport, &udp, sizeof(udp)))
			what->length = bpf_ntohs(udp.length) - UDP_LEN;
	}

	if (is_port(&what->key, PORT_DNS))
		what->kind = TA_HEAD_DNS;
	else if (is_port(&what->key, PORT_MDNS))
		what->kind = TA_HEAD_MDNS;
	else if (what->key.dst_port == bpf_htons(PORT_DHCP_SERVER) || what->key.dst_port == bpf_htons(PORT_DHCPV6_SERVER))
		what->kind = TA_HEAD_DHCP;
	else if (!bpf_skb_load_bytes(skb, what->offset, head, sizeof(head)) && is_quic_initial(head))
		what->kind = TA_HEAD_QUIC;
	else
		return;
	hand_over(skb, what);
}

/*
 * Bytes of the stream that a ClientHello needs; 0 where @head begins none.
 * RFC 8446, 4 and 5.1. Where the record holds only a part of the message, how
 * many records follow is not known.
 */
static __always_inline __u32 client_hello_len(const __u8 *head)
{
	__u32 record, message;

	if (head[0] != TLS_HANDSHAKE || head[1] != TLS_MAJOR || head[5] != TLS_CLIENT_HELLO)
		return 0;
	record = TLS_RECORD_HEADER_LEN + (head[3] << 8 | head[4]);
	message = TLS_RECORD_HEADER_LEN + TLS_HANDSHAKE_HEADER_LEN + (head[6] << 16 | head[7] << 8 | head[8]);
	if (message > record || message > STREAM_MAX)
		return STREAM_MAX;
	return message;
}

/* The beginning of a request line, RFC 9112, 3: a method of RFC 9110, 9. */
static __always_inline bool is_http_request(const __u8 *head)
{
	switch ((__u32)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3]) {
	case 0x47455420: /* GET */
	case 0x48454144: /* HEAD */
	case 0x504f5354: /* POST */
	case 0x50555420: /* PUT */
	case 0x44454c45: /* DELETE */
	case 0x4f505449: /* OPTIONS */
	case 0x50415443: /* PATCH */
		return true;
	}
	return false;
}

/* The bytes of the stream that are wanted; @skipped of them came before this packet. 0 where it tells no name. */
static __always_inline __u32 wanted_bytes(struct __sk_buff *skb, struct capture *what, const struct ta_flow_key *key,
					  __u32 *skipped)
{
	__u8 head[TLS_RECORD_HEADER_LEN + TLS_HANDSHAKE_HEADER_LEN];
	__u32 len = what->end - what->offset;
	bool is_short = len < sizeof(head);
	struct stream *known, stream = {};

	*skipped = 0;
	if (bpf_skb_load_bytes(skb, what->offset, head, is_short ? 1 : sizeof(head)))
		return 0;
	if (len >= TLS_CHANGE_CIPHER_SPEC_LEN + sizeof(head) && head[0] == TLS_CHANGE_CIPHER_SPEC &&
	    head[TLS_CHANGE_CIPHER_SPEC_LEN] == TLS_HANDSHAKE) {
		what->offset += TLS_CHANGE_CIPHER_SPEC_LEN;
		what->sequence += TLS_CHANGE_CIPHER_SPEC_LEN;
		if (bpf_skb_load_bytes(skb, what->offset, head, sizeof(head)))
			return 0;
	}
	if (!is_short) {
		stream.start = what->sequence;
		stream.wanted = client_hello_len(head);
		if (stream.wanted) {
			bpf_map_update_elem(&streams, key, &stream, BPF_ANY);
			return stream.wanted;
		}
		if (what->key.dst_port == bpf_htons(PORT_HTTP) && is_http_request(head)) {
			what->kind = TA_HEAD_HTTP;
			return TA_HEAD_PAYLOAD_MAX;
		}
	}
	known = bpf_map_lookup_elem(&streams, key);
	if (!known)
		return 0;
	*skipped = what->sequence - known->start;
	if (known->wanted)
		return known->wanted;
	if (*skipped) /* the beginning is yet to come */
		return STREAM_MAX;
	if (is_short && head[0] == TLS_HANDSHAKE) {
		known->wanted = STREAM_MAX;
		return STREAM_MAX;
	}
	bpf_map_delete_elem(&streams, key); /* it began otherwise */
	return 0;
}

static __always_inline void capture_tcp(struct __sk_buff *skb, struct capture *what)
{
	struct ta_flow_key key = what->key; /* on the stack: before kernel 6.2 no map takes a key from elsewhere */
	struct stream stream = {};
	__u32 wanted, skipped;
	struct tcp_header tcp;

	if (bpf_skb_load_bytes(skb, what->transport, &tcp, sizeof(tcp)))
		return;
	what->offset = what->transport + (tcp.data_offset >> 4) * 4;
	what->step = TA_HEAD_PAYLOAD_MAX;
	what->sequence = bpf_ntohl(tcp.sequence);
	if (tcp.flags & TCP_SYN)
		what->sequence++; /* it counts as a byte before the first one; RFC 9293, 3.4 */
	if ((tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		what->opened = TA_FLOW_OPENED;
		stream.start = what->sequence;
		bpf_map_update_elem(&streams, &key, &stream, BPF_ANY);
	}
	if (what->offset >= what->end)
		return;
	if (is_port(&what->key, PORT_DNS)) {
		what->kind = TA_HEAD_DNS;
		hand_over(skb, what);
		return;
	}
	what->kind = TA_HEAD_TLS;
	wanted = wanted_bytes(skb, what, &key, &skipped);
	if (skipped >= wanted)
		return;
	if (what->end - what->offset > wanted - skipped)
		what->end = what->offset + wanted - skipped;
	hand_over(skb, what);
}

/* Copies what may tell a name. Not inlined: the verifier walks it less often. */
static __noinline int capture(struct __sk_buff *skb, struct capture *what)
{
	if (!what)
		return 0;
	if (what->key.l4_proto == L4_UDP)
		capture_udp(skb, what);
	else
		capture_tcp(skb, what);
	return 0;
}

#endif
