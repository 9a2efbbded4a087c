/* SPDX-License-Identifier: MIT */
/* Lab files that are wrong, each with every line that it is refused with. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model_fixture.h"
#include "quoted.h"
#include "suite.h"

/* Read @text, in which ' stands for ". */
static int read_quoted(const char *text)
{
	autofree char *json = quoted(text);

	return snet__model_read(&model, json, strlen(json), "/nowhere", &problems, &err);
}

/* A lab around the entry in question: a switch and a relayer, linked. */
#define LAB(nodes, links)                                                                      \
	"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'r', 'kind': 'relayer'}\n" nodes \
	"],\n'links': [{'from': 'r', 'to': 's'}\n" links "]}"
#define NODE(more)     LAB(", {'name': 'x', " more "}", ", {'from': 'x', 'to': 's'}")
#define LINK(more)     LAB("", ", {" more "}")
#define TOP(more)      "{'nodes': [], " more "}"
#define BACKEND(more)  "{'nodes': [], 'backends': {'b': {" more "}}}"
#define FUNCTION(more) NODE("'kind': 'functions', 'functions': {'f': {" more "}}")
#define ROUTE(more)                                                                   \
	"{'nodes': [{'name': 'r', 'kind': 'relayer', 'routes': [{" more "}]},\n"      \
	"{'name': 'f', 'kind': 'functions'}], 'links': [{'from': 'r', 'to': 'f'}],\n" \
	"'backends': {'b': {'kind': 'openwhisk', 'node': 'f'}}}"

static const struct {
	const char *text, *lines;
} bad[] = {
	/* The file as a whole. */
	{"", "1:1: : the file is empty\n"},
	{" \n\t", "1:1: : the file is empty\n"},
	{"[]", "1:1: : expected an object, got an array\n"},
	{"{", "1:2: : JSON ends too early\n"},
	{"{'nodes': [\n", "1:12: : JSON ends too early\n"},
	{"{'nodes': [}", "1:12: : expected ']', got '}'\n"},
	{"{'nodes': []]", "1:13: : expected '}', got ']'\n"},
	{"{'nodes': nul}", "1:11: : not JSON near 'nul}'\n"},
	{"{'nodes': 1e999}", "1:2: : key 'nodes': the number is too large\n"},
	{"{'nodes': ['\\u0000']}", "1:13: : \\u0000 in a string is not supported\n"},
	{"{'nodes': []} x", "1:15: : something follows the JSON value\n"},
	{"{'nodes': [],\n 'nodes': []}", "2:2: : key 'nodes': given twice\n"},
	{"{'nodes': [{'name': 'a', 'name': 'b'}]}",
	 "1:26: : nodes[0]: key 'name': given twice\n"},
	{"{'nodes': ['\xff']}", "1:13: : not UTF-8\n"},
	{"{'n\xc3\xb6"
	 "des': [],\n 'nodes': 7}",
	 "1:2: ['n\xc3\xb6"
	 "des']: unknown key, did you mean 'nodes'?\n"
	 "2:11: nodes: expected an array, got a number\n"},
	{"{}", "1:1: nodes: missing\n"},
	{TOP("'sede': 1"), "1:15: sede: unknown key, did you mean 'seed'?\n"},
	{TOP("'lab': 'my house'"),
	 "1:22: lab: 'my house' is no name: letters, digits, '_', '-', '.', the first a letter "
	 "or a digit\n"},
	{TOP("'lab': 7, 'seed': -1, 'durability': 'dsik'"),
	 "1:22: lab: expected a string, got a number\n"
	 "1:33: seed: expected a whole number from 0 on, got -1\n"
	 "1:51: durability: expected 'process' or 'disk', got 'dsik'\n"},
	{TOP("'seed': 1.5"), "1:23: seed: expected a whole number from 0 on, got 1.5\n"},
	{TOP("'seed': 9007199254740993"),
	 "1:23: seed: not exact as a number from 2^53 on: put its digits between "
	 "quotes\n"},
	{TOP("'seed': '18446744073709551616'"),
	 "1:23: seed: expected a whole number below 2^64\n"},
	{TOP("'subnet': '10.0.0.0'"),
	 "1:25: subnet: expected a subnet such as '10.0.0.0/8', got '10.0.0.0'\n"},
	{TOP("'subnet': '10.0.0.0/31'"),
	 "1:25: subnet: '/31' is out of range: /8 to /30\n"},
	{TOP("'subnet': '10.0.0.1/24'"),
	 "1:25: subnet: '10.0.0.1/24' is an address within a subnet, did you mean "
	 "'10.0.0.0/24'?\n"},
	{TOP("'subnet': '127.0.0.0/8'"),
	 "1:25: subnet: '127.0.0.0/8' cannot be given to nodes\n"},

	/* Nodes by themselves. */
	{LAB(", 7", ""), "2:3: nodes[2]: expected an object, got a number\n"},
	{LAB(", {}", ""), "2:3: nodes[2].name: missing\n2:3: nodes[2].kind: missing\n"},
	{NODE("'kind': 'host', 'dealy': 1"), "2:33: nodes[2].dealy: unknown key\n"},
	{NODE("'kind': 'host', 'adress': '10.0.0.9'"),
	 "2:33: nodes[2].adress: unknown key, did you mean 'address'?\n"},
	{NODE("'kind': 'butn'"),
	 "2:25: nodes[2].kind: unknown kind 'butn', did you mean 'button'?\n"},
	{NODE("'kind': 'teapot'"), "2:25: nodes[2].kind: unknown kind 'teapot'\n"},
	/* What would steer the terminal. */
	{NODE("'kind': '\\u009b31m\\u007f'"),
	 "2:25: nodes[2].kind: unknown kind '  31m '\n"},
	{NODE("'kind': 'host', '\\u009b31m': 1"),
	 "2:33: nodes[2]['  31m']: unknown key\n"},
	{NODE("'kind': 'button', 'type': 'a\\u009b31m'"),
	 "2:43: nodes[2].type: cannot have control characters in it\n"},
	{NODE("'kind': 'host', 'address': '10.0.0'"),
	 "2:44: nodes[2].address: expected an IPv4 address such as '10.0.0.7', got '10.0.0'\n"},
	{NODE("'kind': 'host', 'address': 'fd00::10.0.0'"),
	 "2:44: nodes[2].address: expected an IPv6 address such as 'fd00::a00:7', got "
	 "'fd00::10.0.0'\n"},
	{NODE("'kind': 'host', 'address': 'fd00::a00:7'"),
	 "2:44: nodes[2].address: 'fd00::a00:7' is an IPv6 address, and the lab has no "
	 "\"ipv6\"\n"},
	{TOP("'subnet': 'fd00::/8'"),
	 "1:25: subnet: expected a subnet such as '10.0.0.0/8', got 'fd00::/8'\n"},
	{NODE("'kind': 'host', 'relayer': 'r'"),
	 "2:33: nodes[2].relayer: a host has no 'relayer'\n"},
	{NODE("'kind': 'actuator', 'every': 1"),
	 "2:37: nodes[2].every: an actuator has no 'every'\n"},
	{NODE("'kind': 'sensor', 'every': true"),
	 "2:44: nodes[2].every: expected a duration such as '20ms', got a boolean\n"},
	{NODE("'kind': 'sensor', 'every': '20 parsecs'"),
	 "2:44: nodes[2].every: expected a duration such as '20ms', got '20 parsecs': the "
	 "units are ns, us, ms, s, min, h\n"},
	{NODE("'kind': 'sensor', 'every': '1us'"),
	 "2:44: nodes[2].every: out of range: 1ms to 24h\n"},
	{NODE("'kind': 'sensor', 'every': -1"),
	 "2:44: nodes[2].every: out of range: 1ms to 24h\n"},
	{NODE("'kind': 'sensor', 'values': 7"),
	 "2:45: nodes[2].values: expected an array of at least one value\n"},
	{NODE("'kind': 'sensor', 'values': []"),
	 "2:45: nodes[2].values: expected an array of at least one value\n"},
	{NODE("'kind': 'button', 'type': ''"), "2:43: nodes[2].type: cannot be empty\n"},
	{NODE("'kind': 'button', 'type': 'a\\nb'"),
	 "2:43: nodes[2].type: cannot have control characters in it\n"},
	{NODE("'kind': 'relayer', 'keep': 0"),
	 "2:44: nodes[2].keep: out of range: 1 to 100000000\n"},
	{NODE("'kind': 'functions', 'rate': 1.5"),
	 "2:46: nodes[2].rate: expected a whole number from 1 on, got 1.5\n"},
	{NODE("'kind': 'functions', 'credentials': 'secret'"),
	 "2:53: nodes[2].credentials: expected credentials of the form 'uuid:key'\n"},

	{NODE("'kind': 'process', 'command': ['ls'], 'env': {'C': 1, 'A=': 'x', '': 2, 'D': []}, 'cwd': '/'"),
	 "2:68: nodes[2].env.C: expected a string, got a number\n"
	 "2:71: nodes[2].env['A=']: 'A=' is no name for a variable\n"
	 "2:82: nodes[2].env['']: '' is no name for a variable\n"
	 "2:94: nodes[2].env.D: expected a string, got an array\n"},

	/* Repeated entries. */
	{NODE("'kind': 'host', 'count': 0"),
	 "2:42: nodes[2].count: expected a whole number from 1 to 100000, got 0\n"},
	{NODE("'kind': 'host', 'count': 'three'"),
	 "2:42: nodes[2].count: expected a whole number, got a string\n"},
	{NODE("'kind': 'host', 'count': 3"),
	 "2:12: nodes[2].name: needs an '{i}': \"count\" makes 3 nodes of it\n"},
	{LAB(", {'name': 'x{i}', 'kind': 'host'}", ""),
	 "2:12: nodes[2].name: '{i}' needs a \"count\" in its entry\n"},
	{LAB(", {'name': 'x', 'kind': 'host', 'count': 3, 'address': '10.0.0.{i+9}'}",
	     ", {'from': 'x', 'to': 's'}"),
	 "2:12: nodes[2].name: needs an '{i}': \"count\" makes 3 nodes of it\n"},
	{LAB(", {'name': 'x{i+7}', 'kind': 'host'}", ""),
	 "2:12: nodes[2].name: '{i}' needs a \"count\" in its entry\n"},
	{NODE("'kind': 'button', 'data': [{'to': 'a{i}'}]"),
	 "2:43: nodes[2].data: '{i}' needs a \"count\" in its entry\n"},
	{LAB(", {'name': 'x{i}', 'kind': 'host', 'count': 9, 'dealy': 1}",
	     ", {'from': 'x{i}', 'to': 's', 'count': 9}"),
	 "2:48: nodes[2].dealy: unknown key\n"},
	{LAB(", {'name': 'x{i}', 'kind': 'host', 'count': 3, 'address': '10.0.0.{i}55'}",
	     ", {'from': 'x{i}', 'to': 's', 'count': 3}"),
	 "2:59: nodes[2].address: expected an IPv4 address such as '10.0.0.7', got "
	 "'10.0.0.055'\n"},
	{LAB(", {'name': 'x{i}', 'kind': 'host', 'count': 3}",
	     ", {'from': 'x{i}', 'to': 's', 'count': 4}"),
	 "4:12: links[1].from: no node 'x3', did you mean 'x0'?\n"},
	{LAB(", {'name': 'x{i}', 'kind': 'switch', 'count': 100000}"
	     ", {'name': 'y{i}', 'kind': 'switch', 'count': 100000}"
	     ", {'name': 'z{i}', 'kind': 'switch', 'count': 100000}"
	     ",\n{'name': 'w{i}', 'kind': 'switch', 'count': 99999}",
	     ""),
	 "3:1: nodes[5]: too many nodes: over 400000 in all\n"},

	/* Names and references. */
	{LAB(", {'name': 'r',\n 'kind': 'host'}", ""),
	 "2:12: nodes[2].name: 'r' is also the name of nodes[1] in line 1\n"},
	{LAB(", {'name': 'R',\n 'kind': 'host'}", ", {'from': 'R', 'to': 's'}"),
	 "2:12: nodes[2].name: 'R' differs from 'r' of nodes[1] in line 1 only in case, which "
	 "resolvers ignore: choose another name\n"},
	{LAB(", {'name': 'Hut', 'kind': 'host'}, {'name': 'hUt', 'kind': 'host'},\n"
	     "{'name': 'hut', 'kind': 'host'}, {'name': 'hUt', 'kind': 'host'}",
	     ", {'from': 'Hut', 'to': 's'}, {'from': 'hUt', 'to': 's'},"
	     "{'from': 'hut', 'to': 's'}"),
	 "3:10: nodes[4].name: 'hut' differs from 'Hut' of nodes[2] in line 2 only in case, "
	 "which resolvers ignore: choose another name\n"
	 "3:43: nodes[5].name: 'hUt' is also the name of nodes[3] in line 2\n"},
	{LAB(", {'name': 'LocalHost', 'kind': 'host'}",
	     ", {'from': 'LocalHost', 'to': 's'}"),
	 "2:12: nodes[2].name: 'LocalHost' is what every node calls itself: choose another "
	 "name\n"},
	{LAB(", {'name': '{i}', 'kind': 'host', 'count': 9}",
	     ", {'from': '{i}', 'to': 's', 'count': 9}"),
	 "2:12: nodes[2].name: '0' reads as an address: let the name begin with a letter\n"},
	{LAB(", {'name': '10.0.0.9', 'kind': 'host'}, {'name': '0x7F.1', 'kind': 'host'},"
	     "{'name': '1.2.3.4.5', 'kind': 'host'}, {'name': '7a', 'kind': 'host'}",
	     ", {'from': '10.0.0.9', 'to': 's'}, {'from': '0x7F.1', 'to': 's'},"
	     "{'from': '1.2.3.4.5', 'to': 's'}, {'from': '7a', 'to': 's'}"),
	 "2:12: nodes[2].name: '10.0.0.9' reads as an address: let the name begin with a "
	 "letter\n"
	 "2:50: nodes[3].name: '0x7F.1' reads as an address: let the name begin with a "
	 "letter\n"},
	{NODE("'kind': 'button', 'relayer': 'relay'"),
	 "2:46: nodes[2].relayer: no node 'relay'\n"},
	{NODE("'kind': 'button', 'relayer': 's'"),
	 "2:46: nodes[2].relayer: 's' is a switch, not a relayer\n"},
	{"{'nodes': [{'name': 'a', 'kind': 'actuator'}, {'name': 'b', 'kind': 'button'}],\n"
	 "'links': [{'from': 'a', 'to': 'b'}]}",
	 "1:12: nodes[0].relayer: missing: an actuator needs a relayer, and the lab has none\n"
	 "1:47: nodes[1].relayer: missing: a button needs a relayer, and the lab has none\n"},
	{LAB(", {'name': 'q', 'kind': 'relayer'}, {'name': 'b', 'kind': 'button'}",
	     ", {'from': 'q', 'to': 's'}, {'from': 'b', 'to': 's'}"),
	 "2:37: nodes[3].relayer: missing: the lab has several relayers, 'r' and 'q' among "
	 "them\n"},
	{LAB(", {'name': 't', 'kind': 'switch'}, {'name': 'b', 'kind': 'button'}",
	     ", {'from': 'b', 'to': 't'}"),
	 "2:36: nodes[3]: 'b' cannot reach its relayer 'r': no links lead there\n"},

	/* Links. */
	{LINK(""), "4:3: links[1].from: missing\n4:3: links[1].to: missing\n"},
	{LINK("'from': 'ss', 'to': 'zzzzzz'"), "4:12: links[1].from: no node 'ss'\n"
					       "4:24: links[1].to: no node 'zzzzzz'\n"},
	{LINK("'from': 's', 'to': 's'"), "4:3: links[1]: links 's' to itself\n"},
	{LINK("'from': 's', 'to': 'r'"),
	 "4:3: links[1]: 'r' and 's' are linked already by links[0] in line 3: a second "
	 "link needs a \"name\"\n"},
	{LINK("'from': 's', 'to': 'r', 'name': 'second link'"),
	 "4:36: links[1].name: 'second link' is no name: letters, digits, '_', '-', '.', the "
	 "first a letter or a digit\n"},
	{LINK("'from': 'r', 'to': 's', 'name': 2"),
	 "4:36: links[1].name: expected a string, got a number\n"},
	{LAB(", {'name': 'x', 'kind': 'host'}", ""),
	 "2:3: nodes[2]: 'x' has no link: a host needs one\n"},
	{LAB(", {'name': 'x', 'kind': 'functions'}", ""),
	 "2:3: nodes[2]: 'x' has no link: a node of kind functions needs one\n"},
	{LAB("",
	     ", {'name': 's-r', 'from': 'r', 'to': 's'}, {'name': 's-r', 'from': 'r', 'to': 's'}"),
	 "4:53: links[2].name: another link has the same name 's-r'\n"},
	{LAB(", {'name': 't', 'kind': 'switch', 'stp': true}, {'name': 'u', 'kind': 'switch'}",
	     ", {'from': 's', 'to': 't'}, {'from': 's', 'to': 'u'},\n {'from': 't', 'to': 'u'}"),
	 "5:2: links[3]: makes a loop: 't' and 'u' are connected already, and 'u' has no "
	 "\"stp\": true\n"},
	{LAB(", {'name': 'x', 'kind': 'host'}",
	     ", {'from': 'x', 'to': 'r', 'vlan': 7}, {'from': 'x', 'to': 's', 'vlans': [7]}"),
	 "4:36: links[1].vlan: a cable between two nodes has no VLANs: those are of switches\n"
	 "4:74: links[2].vlans: a node is in one VLAN of a switch: use 'vlan', and one link "
	 "each\n"},
	{LINK("'name': 'l', 'from': 'r', 'to': 's', 'vlan': 4095, 'mtu': 67"),
	 "4:49: links[1].vlan: out of range: 1 to 4094\n"
	 "4:62: links[1].mtu: out of range: 68 to 65535\n"},
	{LINK("'name': 'l', 'from': 'r', 'to': 's', 'vlan': 2, 'vlans': [0, 'x']"),
	 "4:3: links[1]: 'vlan' and 'vlans' exclude each other\n"
	 "4:62: links[1].vlans[0]: out of range: 1 to 4094\n"
	 "4:65: links[1].vlans[1]: expected a whole number, got a string\n"},
	{"{'ipv6': true, 'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'h', 'kind': 'host'}],\n"
	 "'links': [{'from': 'h', 'to': 's', 'mtu': 1279}]}",
	 "2:43: links[0].mtu: too small for the lab's IPv6: at least 1280\n"},
	{"{'nodes': [], 'ipv6': 'fd00::1/96'}",
	 "1:23: ipv6: expected a network such as 'fd00:1::/48', of /8 to /96, got "
	 "'fd00::1/96'\n"},
	{"{'nodes': [], 'ipv6': 'fe80::/64'}",
	 "1:23: ipv6: expected a network such as 'fd00:1::/48', of /8 to /96, got "
	 "'fe80::/64'\n"},
	{"{'nodes': [], 'ipv6': 7}",
	 "1:23: ipv6: expected true or a prefix such as 'fd00:1::/48', got a number\n"},
	{LAB(", {'name': 't', 'kind': 'switch'}, {'name': 'u', 'kind': 'switch'}",
	     ", {'from': 's', 'to': 't'}, {'from': 't', 'to': 'u'},\n {'from': 'u', 'to': 's'}"),
	 "5:2: links[3]: makes a loop: 'u' and 's' are connected already, and 'u' has no "
	 "\"stp\": true\n"},
	{"{'nodes': [{'name': 'a-b', 'kind': 'switch'}, {'name': 'c', 'kind': 'switch'},\n"
	 "{'name': 'a', 'kind': 'switch'}, {'name': 'b-c', 'kind': 'switch'}],\n"
	 "'links': [{'from': 'a-b', 'to': 'c'}, {'from': 'a', 'to': 'b-c'}]}",
	 "3:39: links[1]: another link has the same name 'a-b-c': give one a \"name\"\n"},
	{LAB(", {'name': 'x', 'kind': 'host'}",
	     ", {'from': 'x', 'to': 's', 'delay': '2h', 'loss': '101%', 'rate': '9 lightyears',\n"
	     "'limit': -1, 'back': {'dealy': 0, 'corrupt': 2}}"),
	 "4:37: links[1].delay: out of range: 0, or 1ns to 1h\n"
	 "4:51: links[1].loss: out of range: 0% to 100%\n"
	 "4:67: links[1].rate: expected a rate such as '20Mbit', got '9 lightyears': the "
	 "units are bit, kbit, Mbit, Gbit\n"
	 "5:10: links[1].limit: expected a whole number from 0 on, got -1\n"
	 "5:23: links[1].back.dealy: unknown key, did you mean 'delay'?\n"
	 "5:46: links[1].back.corrupt: out of range: 0% to 100%\n"},
	{LINK("'from': 'r', 'to': 's', 'back': 7"),
	 "4:3: links[1]: 'r' and 's' are linked already by links[0] in line 3: a second "
	 "link needs a \"name\"\n"
	 "4:36: links[1].back: expected an object, got a number\n"},

	/* Addresses. */
	{NODE("'kind': 'host', 'address': '10.0.0.0'"),
	 "2:44: nodes[2].address: '10.0.0.0' is the address of the subnet 10.0.0.0/16 "
	 "itself\n"},
	{NODE("'kind': 'host', 'address': '11.0.0.1'"),
	 "2:44: nodes[2].address: '11.0.0.1' is not in the lab's subnet 10.0.0.0/8\n"},
	{NODE("'kind': 'host', 'address': '10.255.255.255'"),
	 "2:44: nodes[2].address: '10.255.255.255' is the broadcast address of the "
	 "subnet 10.255.0.0/16\n"},
	{NODE("'kind': 'switch', 'address': '10.0.0.7'"),
	 "2:35: nodes[2].address: a switch has no 'address'\n"},
	{LAB(", {'name': 'x', 'kind': 'host', 'address': '10.0.0.7'},\n"
	     "{'name': 'y', 'kind': 'host', 'address': '10.0.0.7'}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'y', 'to': 's'}"),
	 "3:42: nodes[3].address: '10.0.0.7' is also the address of 'x'\n"},
	{LAB(", {'name': 'x', 'kind': 'host', 'address': '10.0.0.7'},\n"
	     "{'name': 'y', 'kind': 'host', 'address': '10.0.0.7'}, "
	     "{'name': 't', 'kind': 'switch'}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'y', 'to': 't'}"),
	 "3:42: nodes[3].address: '10.0.0.7' is also the address of 'x'\n"},
	{NODE("'kind': 'host', 'mac': '02:00:0a'"),
	 "2:40: nodes[2].mac: expected a hardware address such as '02:00:0a:00:00:07', got "
	 "'02:00:0a'\n"},
	{NODE("'kind': 'host', 'mac': '03:00:0a:00:00:07'"),
	 "2:40: nodes[2].mac: '03:00:0a:00:00:07' is not the address of one station\n"},
	{LAB(", {'name': 't', 'kind': 'switch', 'subnet': '10.1.0.0/16'},\n"
	     "{'name': 'u', 'kind': 'switch', 'subnet': '10.1.2.0/24'},\n"
	     "{'name': 'x', 'kind': 'host'}",
	     ", {'from': 'x', 'to': 't'}, {'from': 'x', 'to': 'u'}"),
	 "3:43: nodes[3].subnet: '10.1.2.0/24' and 10.1.0.0/16, of another segment, "
	 "overlap\n"},
	{LAB(", {'name': 'x', 'kind': 'host', 'mac': '02:aa:00:00:00:07'},\n"
	     "{'name': 'y', 'kind': 'host', 'interfaces': [{'mac': '02:AA:00:00:00:07'}]}",
	     ", {'from': 'x', 'to': 's'}, {'from': 'y', 'to': 's'}"),
	 "3:45: nodes[3].interfaces: '02:AA:00:00:00:07' is also the hardware address of "
	 "'x', in the same segment\n"},
	{NODE("'kind': 'host', 'mac': '02:00:0a:00:00:01'"),
	 "2:40: nodes[2].mac: '02:00:0a:00:00:01' belongs to the address 10.0.0.1: choose "
	 "another, or give the interface that 'address'\n"},
	{NODE("'kind': 'host', 'interfaces': [{}, {'address': '10.0.0.9'}]"),
	 "2:47: nodes[2].interfaces: 2 interfaces, but 'x' has 1 link\n"},
	{NODE("'kind': 'host', 'address': '10.0.0.9', 'interfaces': [{'adress': ''}]"),
	 "2:3: nodes[2]: 'interfaces' excludes 'address' and 'mac'\n"
	 "2:72: nodes[2].interfaces[0].adress: unknown key, did you mean 'address'?\n"},
	{LAB(", {'name': 't', 'kind': 'switch', 'subnet': '10.1.0.0/16'},\n"
	     "{'name': 'u', 'kind': 'switch', 'subnet': '10.2.0.0/16'},\n"
	     "{'name': 'x', 'kind': 'host', 'address': '10.9.0.1'}",
	     ", {'from': 'x', 'to': 't'}, {'from': 't', 'to': 'u'}"),
	 "3:43: nodes[3].subnet: 'u' is connected with 't', whose subnet is '10.1.0.0/16'\n"
	 "4:42: nodes[4].address: '10.9.0.1' is not in the subnet 10.1.0.0/16 of 't'\n"},
	{LAB(", {'name': 't', 'kind': 'switch', 'subnet': '10.0.0.0/30'},\n"
	     "{'name': 'x{i}', 'kind': 'host', 'count': 3}",
	     ", {'from': 'x{i}', 'to': 't', 'count': 3}"),
	 "2:45: nodes[2].subnet: too small: 10.0.0.0/30 has room for 2, 3 interfaces are in "
	 "it\n"},
	{"{'subnet': '10.0.0.0/30', 'nodes': [{'name': 's', 'kind': 'switch'},\n"
	 "{'name': 'h{i}', 'kind': 'host', 'count': 3}],\n"
	 "'links': [{'from': 'h{i}', 'to': 's', 'count': 3}]}",
	 "1:12: subnet: too small: room for 2 nodes, the lab has 3\n"},

	/* Backends, routes, functions. */
	{BACKEND(""), "1:33: backends.b.kind: missing\n"},
	{BACKEND("'kind': 'openwisk'"),
	 "1:42: backends.b.kind: unknown kind 'openwisk', did you mean 'openwhisk'?\n"},
	{BACKEND("'kind': 'openwhisk'"),
	 "1:33: backends.b: an openwhisk backend needs 'node' or 'url'\n"},
	{BACKEND("'kind': 'openwhisk', 'node': 'f', 'url': 'http://h'"),
	 "1:33: backends.b: 'node' and 'url' exclude each other\n"},
	{BACKEND("'kind': 'openwhisk', 'url': 'ow.example'"),
	 "1:62: backends.b.url: expected a URL such as 'https://ow.example:443', got "
	 "'ow.example'\n"},
	{BACKEND("'kind': 'openwhisk', 'node': 'f'"),
	 "1:63: backends.b.node: no node 'f'\n"},
	{BACKEND("'kind': 'native', 'insecure': true"),
	 "1:33: backends.b: a native backend has no node, url, credentials, insecure, gateway: "
	 "its functions are the program's\n"},
	{BACKEND("'kind': 'native', 'gateway': 'gw0'"),
	 "1:33: backends.b: a native backend has no node, url, credentials, insecure, gateway: "
	 "its functions are the program's\n"},

	/* Gateways. */
	{NODE("'kind': 'gateway', 'mode': 'nta'"),
	 "2:44: nodes[2].mode: expected 'forward' or 'nat', got 'nta'\n"},
	{NODE("'kind': 'gatway'"),
	 "2:25: nodes[2].kind: unknown kind 'gatway', did you mean 'gateway'?\n"},
	{NODE("'kind': 'host', 'forward': []"),
	 "2:33: nodes[2].forward: a host has no 'forward'\n"},
	{NODE("'kind': 'gateway', 'forward': {}"),
	 "2:47: nodes[2].forward: expected an array, got an object\n"},
	{NODE("'kind': 'gateway', 'forward': [7, {}]"),
	 "2:48: nodes[2].forward[0]: expected an object, got a number\n"
	 "2:51: nodes[2].forward[1].port: missing\n"
	 "2:51: nodes[2].forward[1].to: missing\n"},
	{NODE("'kind': 'gateway', 'forward': [{'prot': 1, 'port': 0, 'to': 'h'}]"),
	 "2:49: nodes[2].forward[0].prot: unknown key, did you mean 'port'?\n"
	 "2:68: nodes[2].forward[0].port: out of range: 1 to 65535\n"
	 "2:77: nodes[2].forward[0].to: expected a place such as 'ow.example:443', got 'h'\n"},
	{NODE("'kind': 'gateway',\n"
	      "'forward': [{'port': 8, 'to': 'h:9'}, {'port': 8, 'to': 'i:9'}]"),
	 "3:39: nodes[2].forward[1]: port 8 leads to 'h:9' already\n"},
	{NODE("'kind': 'gateway', 'forward': [{'port': 8, 'to': 'h:65536'}]"),
	 "2:66: nodes[2].forward[0].to: expected a place such as 'ow.example:443', got "
	 "'h:65536'\n"},
	{BACKEND("'kind': 'openwhisk', 'node': 'f', 'gateway': 'g'"),
	 "1:63: backends.b.node: no node 'f'\n"
	 "1:79: backends.b.gateway: needs a 'url': nodes of the lab are reached without a "
	 "gateway\n"},
	{"{'nodes': [], 'backends': {'b': {'kind': 'openwhisk', 'url': 'http://h:0',\n"
	 "'gateway': 'g'}}}",
	 "1:62: backends.b.url: expected a place such as 'ow.example:443', got 'h:0'\n"
	 "2:12: backends.b.gateway: no node 'g'\n"},
	{LAB(", {'name': 'gw0', 'kind': 'gateway'}",
	     ", {'from': 'gw0', 'to': 's'}],\n"
	     "'backends': {'b': {'kind': 'openwhisk', 'url': 'http://h', 'gateway': 'gw1'},\n"
	     "'c': {'kind': 'openwhisk', 'url': 'http://h', 'gateway': 's'}}, 'bakends': ["),
	 "5:71: backends.b.gateway: no node 'gw1', did you mean 'gw0'?\n"
	 "6:58: backends.c.gateway: 's' is a switch, not a gateway\n"
	 "6:65: bakends: unknown key, did you mean 'backends'?\n"},
	{LAB(", {'name': 't', 'kind': 'switch'}, {'name': 'g', 'kind': 'gateway'},\n"
	     "{'name': 'q', 'kind': 'relayer', 'routes': [{'function': 'f'}]}",
	     ", {'from': 'g', 'to': 't'}, {'from': 'q', 'to': 's'}],\n"
	     "'backends': {'b': {'kind': 'openwhisk', 'url': 'http://h', 'gateway': 'g'}}, "
	     "'bakends': ["),
	 "3:45: nodes[4].routes[0].backend: 'q' cannot reach 'g', gateway of backend 'b': no "
	 "links lead there\n"
	 "6:78: bakends: unknown key, did you mean 'backends'?\n"},

	{BACKEND("'kind': 'native', 'insecure': 'yes'"),
	 "1:64: backends.b.insecure: expected true or false, got a string\n"},
	{"{'nodes': [], 'backends': {'a b': {'kind': 'native'}}}",
	 "1:28: backends['a b']: 'a b' is no name: letters, digits, '_', '-', '.', the first a "
	 "letter or a digit\n"},
	{LAB("",
	     "], 'backends': {'b': {'kind': 'openwhisk', 'node': 's'}}, 'backnds': ["),
	 "4:52: backends.b.node: 's' is a switch, not a functions node\n"
	 "4:59: backnds: unknown key, did you mean 'backends'?\n"},
	{ROUTE("'key': 'press'"), "1:56: nodes[0].routes[0].function: missing\n"},
	{ROUTE("'function': 'f', 'backend': 'c'"),
	 "1:56: nodes[0].routes[0].backend: no backend 'c'\n"},
	{ROUTE("'function': 'f', 'exchange': 'topic'"),
	 "1:86: nodes[0].routes[0].exchange: expected 'direct' or 'fanout', got 'topic'\n"},
	{ROUTE("'function': 'f', 'exchange': 'fanout', 'key': 'k'"),
	 "1:96: nodes[0].routes[0].key: a fanout exchange has no key: every event matches\n"},
	{ROUTE("'function': 'f', 'ttl': 0"),
	 "1:81: nodes[0].routes[0].ttl: out of range: 1ms to 168h\n"},
	{"{'nodes': [{'name': 'r', 'kind': 'relayer', 'routes': [{'function': 'f'}]},\n"
	 "{'name': 'h', 'kind': 'host'}], 'links': [{'from': 'r', 'to': 'h'}]}",
	 "1:56: nodes[0].routes[0].backend: missing: the lab has no backends\n"},
	{"{'nodes': [{'name': 'r', 'kind': 'relayer', 'routes': [{'function': 'f'}]},\n"
	 "{'name': 'h', 'kind': 'host'}], 'links': [{'from': 'r', 'to': 'h'}],\n"
	 "'backends': {'a': {'kind': 'native'}, 'b': {'kind': 'native'}}}",
	 "1:56: nodes[0].routes[0].backend: missing: the lab has several backends\n"},
	{LAB(", {'name': 't', 'kind': 'switch'}, {'name': 'f', 'kind': 'functions'},\n"
	     "{'name': 'q', 'kind': 'relayer', 'routes': [{'function': 'f'}]}",
	     ", {'from': 'f', 'to': 't'}, {'from': 'q', 'to': 's'}],\n"
	     "'backends': {'b': {'kind': 'openwhisk', 'node': 'f'}}, 'bakends': ["),
	 "3:45: nodes[4].routes[0].backend: 'q' cannot reach 'f', node of backend 'b': no links "
	 "lead there\n"
	 "6:56: bakends: unknown key, did you mean 'backends'?\n"},
	{FUNCTION(""), "2:57: nodes[2].functions.f: needs 'file' or 'code'\n"},
	{FUNCTION("'code': 'x'"),
	 "2:57: nodes[2].functions.f: 'code' needs a 'kind' such as 'nodejs:default'\n"},
	{FUNCTION("'code': 'x', 'kind': 'k', 'file': '/dev/null'"),
	 "2:57: nodes[2].functions.f: 'file' and 'code' exclude each other\n"
	 "2:92: nodes[2].functions.f.file: '/dev/null' is not a file\n"},
	{FUNCTION("'file': 'f.js'"),
	 "2:66: nodes[2].functions.f.file: cannot read '/nowhere/f.js': No such file or "
	 "directory\n"},
	{FUNCTION(
		 "'code': 'x', 'kind': 'k', 'timeout': '99ms', 'memory': '1GiB', 'parameters': []"),
	 "2:95: nodes[2].functions.f.timeout: out of range: 100ms to 5min\n"
	 "2:113: nodes[2].functions.f.memory: out of range: 128MiB to 512MiB\n"
	 "2:135: nodes[2].functions.f.parameters: expected an object, got an array\n"},
	{FUNCTION("'code': 'x', 'kind': 'k', 'timeout': '100.5ms', 'memory': 134217729"),
	 "2:95: nodes[2].functions.f.timeout: expected whole milliseconds\n"
	 "2:116: nodes[2].functions.f.memory: expected whole MiB such as '256MiB'\n"},
};

START_TEST(each_wrong_file_is_refused_in_full)
{
	char *lines;
	int r;

	r = read_quoted(bad[_i].text);
	lines = list_problems(&problems);
	ck_assert_msg(strcmp(lines, bad[_i].lines) == 0, "%s\nsays\n%snot\n%s",
		      bad[_i].text, lines, bad[_i].lines);
	ck_assert_int_eq(r, -EINVAL);
	free(lines);
}
END_TEST

START_TEST(links_between_the_same_nodes_are_told_apart_by_name)
{
	ck_assert_int_eq(
		read_quoted(
			"{'nodes': [{'name': 's', 'kind': 'switch'}, {'name': 'x', 'kind': 'host'}],"
			"'links': [{'from': 'x', 'to': 's', 'name': 'first'}, {'from': 'x', 'to': 's'},"
			"{'from': 's', 'to': 'x', 'name': 'l{i}', 'count': 3}]}"),
		0);
	ck_assert_str_eq(model.links[0]->name, "first");
	ck_assert_str_eq(model.links[1]->name, "x-s");
	ck_assert_str_eq(model.links[4]->name, "l2");
}
END_TEST

START_TEST(repetitions_are_numbered_from_0_or_from_more)
{
	ck_assert_int_eq(
		read_quoted(
			"{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 4},"
			"{'name': 'r', 'kind': 'relayer'},"
			"{'name': 'b{i+9}-{i}', 'kind': 'button', 'count': 2, 'type':"
			" '{i+}{i+0}{i-1}{{}i}{{}i+1}', 'data': {'{i+99}': '{{}{i}}'}}],"
			"'links': [{'from': 's{i}', 'to': 's{i+1}', 'count': 3},"
			"{'from': 'b{i+9}-{i}', 'to': 's{i+2}', 'count': 2},"
			"{'from': 'r', 'to': 's0'}]}"),
		0);
	ck_assert_str_eq(model.nodes[6]->name, "b10-1");
	ck_assert_str_eq(model.nodes[6]->type, "{i+}1{i-1}{i}{i+1}");
	ck_assert_str_eq(model.nodes[6]->data, "{\"100\":\"{1}\"}");
	ck_assert_str_eq(model.links[2]->name, "s2-s3");
	ck_assert_str_eq(model.links[4]->name, "b10-1-s3");
}
END_TEST

START_TEST(all_keys_are_read)
{
	const struct snet__model_node *node;

	ck_assert_int_eq(
		read_quoted(
			"{'lab': 'l', 'seed': '18446744073709551615', 'durability': 'disk',\n"
			"'subnet': '192.168.0.0/16', 'nodes': [{'name': 's', 'kind': 'switch'},\n"
			"{'name': 'r', 'kind': 'relayer', 'keep': 7, 'routes': [{'function': 'f'},"
			"{'exchange': 'fanout', 'function': 'g', 'ttl': '1.5s', 'backend': 'b'}]},\n"
			"{'name': 'b{i}', 'count': 2, 'kind': 'button', 'type': 't{i}',"
			" 'data': {'k{i}': ['{i}{i}', 7]}, 'every': 2, 'address': '192.168.7.1{i}'},\n"
			"{'name': 'a', 'kind': 'actuator', 'state': [1]},\n"
			"{'name': 'm', 'kind': 'sensor', 'values': [1, 2.5, null]},\n"
			"{'name': 'f', 'kind': 'functions', 'credentials': 'u:k', 'rate': 60,"
			" 'functions': {'f': {'code': 'x{i}', 'kind': 'nodejs:default',"
			" 'main': 'go', 'parameters': {'a': 1}, 'timeout': 1,"
			" 'memory': '128MiB'}}}],\n"
			"'links': [{'from': 'r', 'to': 's'}, {'from': 'b{i}', 'count': 2, 'to': 's'},\n"
			"{'from': 'a', 'to': 's', 'back': {'delay': '35ms'}, 'delay': '20ms',"
			" 'jitter': 0.003, 'loss': '0.1%', 'duplicate': 0.5, 'corrupt': 0.25,"
			" 'reorder': 1, 'rate': '20Mbit', 'limit': 9},\n"
			"{'from': 'm', 'to': 's'}, {'from': 'f', 'to': 's'}],\n"
			"'backends': {'b': {'kind': 'openwhisk', 'node': 'f', 'timeout': '1min',"
			" 'credentials': 'c', 'insecure': true}}}"),
		0);
	ck_assert_str_eq(model.name, "l");
	ck_assert_uint_eq(model.seed, UINT64_MAX);
	ck_assert_int_eq(model.durability, SNET_DURABILITY_DISK);
	ck_assert_uint_eq(model.subnet, 0xc0a80000);
	ck_assert_uint_eq(model.prefix, 16);
	ck_assert_uint_eq(model.node_count, 7);

	node = snet__model_find_node(&model, "r");
	ck_assert_uint_eq(node->keep, 7);
	ck_assert_uint_eq(node->route_count, 2);
	ck_assert_str_eq(node->routes[0].key, "press");
	ck_assert_str_eq(node->routes[0].backend, "b");
	ck_assert_uint_eq(node->routes[0].ttl_ns, 60 * SNET__NS_PER_S);
	ck_assert_int_eq(node->routes[1].exchange, SNET__EXCHANGE_FANOUT);
	ck_assert_ptr_null(node->routes[1].key);
	ck_assert_uint_eq(node->routes[1].ttl_ns, 1500 * SNET__NS_PER_MS);

	node = snet__model_find_node(&model, "b1");
	ck_assert_str_eq(node->type, "t1");
	ck_assert_str_eq(node->data, "{\"k1\":[\"11\",7]}");
	ck_assert_uint_eq(node->every_ns, 2 * SNET__NS_PER_S);
	ck_assert_str_eq(node->first.address, "192.168.7.11");
	ck_assert_str_eq(node->relayer, "r");
	ck_assert_int_eq(node->role, SNET__ROLE_DEVICE);
	ck_assert_str_eq(snet__model_find_node(&model, "a")->state, "[1]");
	node = snet__model_find_node(&model, "m");
	ck_assert_str_eq(node->values, "[1,2.5,null]");
	ck_assert_str_eq(node->type, "value");
	ck_assert_uint_eq(node->every_ns, SNET__NS_PER_S);

	node = snet__model_find_node(&model, "f");
	ck_assert_str_eq(node->credentials, "u:k");
	ck_assert_uint_eq(node->invocations_per_minute, 60);
	ck_assert_str_eq(node->functions[0].name, "f");
	ck_assert_str_eq(node->functions[0].code, "x{i}");
	ck_assert_str_eq(node->functions[0].kind, "nodejs:default");
	ck_assert_str_eq(node->functions[0].main, "go");
	ck_assert_str_eq(node->functions[0].parameters, "{\"a\":1}");
	ck_assert_uint_eq(node->functions[0].timeout_ms, 1000);
	ck_assert_uint_eq(node->functions[0].memory_mb, 128);

	ck_assert_str_eq(model.links[2]->name, "b1-s");
	ck_assert_uint_eq(model.links[3]->forth.delay_ns, 20 * SNET__NS_PER_MS);
	ck_assert_uint_eq(model.links[3]->forth.jitter_ns, 3 * SNET__NS_PER_MS);
	ck_assert_uint_eq(model.links[3]->forth.rate_bps, 20000000);
	ck_assert_uint_eq(model.links[3]->forth.limit_packets, 9);
	ck_assert_double_eq_tol(model.links[3]->forth.loss, 0.001, 1e-9);
	ck_assert_uint_eq(model.links[3]->back.delay_ns, 35 * SNET__NS_PER_MS);
	ck_assert_uint_eq(model.links[3]->back.rate_bps, 20000000);
	ck_assert_double_eq_tol(model.links[3]->back.reorder, 1, 1e-9);

	ck_assert_str_eq(model.backends[0].node, "f");
	ck_assert_str_eq(model.backends[0].credentials, "c");
	ck_assert(model.backends[0].insecure);
	ck_assert_uint_eq(model.backends[0].timeout_ns, 60 * SNET__NS_PER_S);
}
END_TEST

START_TEST(a_program_adds_kinds)
{
	static const char *const devices[] = {"lamp", NULL}, *const backends[] = {"robot",
										  NULL};

	ck_assert_int_eq(read_quoted(LAB(", {'name': 'x', 'kind': 'lmap'}",
					 ", {'from': 'x', 'to': 's'}")),
			 -EINVAL);
	teardown();
	setup();
	model.device_kinds = devices;
	model.backend_kinds = backends;
	ck_assert_int_eq(read_quoted(LAB(", {'name': 'x', 'kind': 'lmap'}",
					 ", {'from': 'x', 'to': 's'}")),
			 -EINVAL);
	ck_assert_str_eq(problems.items[0].text,
			 "unknown kind 'lmap', did you mean 'lamp'?");
	teardown();
	setup();
	model.device_kinds = devices;
	model.backend_kinds = backends;
	ck_assert_int_eq(
		read_quoted(LAB(", {'name': 'x', 'kind': 'lamp', 'state': 1, 'data': 2,"
				" 'values': [3], 'type': 't', 'every': 1}",
				", {'from': 'x', 'to': 's'}")),
		0);
	ck_assert_str_eq(model.nodes[2]->relayer, "r");
	teardown();
	setup();
	model.backend_kinds = backends;
	ck_assert_int_eq(read_quoted(BACKEND("'kind': 'robot', 'url': 'http://x'")), 0);
}
END_TEST

START_TEST(the_first_error_is_one_line_with_the_file_and_the_number_of_others)
{
	ck_assert_int_eq(read_quoted("{'nodes': [],\n 'sede': 1, 'subnt': 2, 'lab': 3}"),
			 -EINVAL);
	ck_assert_str_eq(
		err.msg,
		"2:2: sede: unknown key, did you mean 'seed'? (and 2 more errors)");
	ck_assert_int_eq(snet__problems_err(&problems, "x.json", &err), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "x.json:2:2: sede: unknown key, did you mean 'seed'? (and 2 "
			 "more errors)");
}
END_TEST

START_TEST(files_that_cannot_be_read_say_why)
{
	ck_assert_int_eq(snet__model_load(&model, "/nowhere/x.json", &problems, &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg,
			 "cannot open '/nowhere/x.json': No such file or directory");
	ck_assert_int_eq(snet__model_load(&model, "/", &problems, &err), -EISDIR);
	ck_assert_str_eq(err.msg, "cannot read '/': Is a directory");
	ck_assert_int_eq(snet__model_load(&model, "/dev/zero", &problems, &err), -EFBIG);
	ck_assert_str_eq(err.msg, "'/dev/zero' is too large for a lab file: over 64 MiB");
	ck_assert_int_eq(snet__model_load(&model, "/dev/null", &problems, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "/dev/null:1:1: the file is empty");
}
END_TEST

/* @count times @item, between @head and @tail. */
static char *repeat(const char *head, const char *item, size_t count, const char *tail)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	fputs(head, out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? "," : "", item);
	fputs(tail, out);
	fclose(out);
	return text;
}

static void expect_many(const char *head, const char *item, const char *tail,
			size_t least)
{
	char *text = repeat(head, item, 100000, tail);

	ck_assert_int_eq(read_quoted(text), -EINVAL);
	ck_assert_msg(problems.count >= least, "%zu", problems.count);
	free(text);
	teardown();
	setup();
}

START_TEST(a_hundred_thousand_errors_are_all_listed)
{
	expect_many("{'nodes': [", "{'name': 'a', 'knid': 'host'}", "]}", 200000);
	expect_many("{'nodes': [", "7", "]}", 100000);
	expect_many("{'nodes': [", "{'name': 'a', 'kind': 'host'}", "]}", 100000);
	expect_many("{'nodes': [], 'links': [", "{'from': 'a', 'to': 'b'}", "]}", 100000);
	expect_many(
		"{'nodes': [{'name': 's{i}', 'kind': 'switch', 'count': 99999}], 'links': [",
		"{'from': 't1', 'to': 't2'}", "]}", 100000);
	expect_many("{'nodes': [{'name': 's', 'kind': 'switch'}], 'links': [",
		    "{'from': 's', 'to': 's'}", "]}", 100000);
	expect_many("{'nodes': [{'name': 'r', 'kind': 'relayer', 'routes': [",
		    "{'function': 'a', 'backend': 'b'}", "]}]}", 100000);
	expect_many("{'nodes': [{'name': 'a', 'kind': 'host', 'count': 100000, 'x': [",
		    "1", "]}]}", 2);
}
END_TEST

START_TEST(what_is_nested_too_deeply_is_refused)
{
	char *text = repeat("{'nodes': [],\n'x': ", "[[[[[[[[[[", 200, "]");

	for (char *at = text; (at = strchr(at, ',')); at++)
		if (at[-1] == '[')
			*at = ' ';
	ck_assert_int_eq(read_quoted(text), -EINVAL);
	ck_assert_str_eq(problems.items[0].text, "nested deeper than 1000 levels");
	ck_assert_uint_eq(problems.items[0].line, 2);
	free(text);
}
END_TEST

START_TEST(count_cannot_fill_the_memory)
{
	char *data = calloc(1, 30001), *text;

	ck_assert_ptr_nonnull(data);
	memset(data, 'x', 30000);
	text = snet__text_format(
		"{'nodes': [{'name': 'r', 'kind': 'relayer'}, {'name': 'b{i}', "
		"'kind': 'button', 'count': 99999, 'data': '%s'}]}",
		data);
	ck_assert_int_eq(read_quoted(text), -EINVAL);
	ck_assert_str_eq(problems.items[0].path, "nodes[1].data");
	ck_assert_str_eq(problems.items[0].text,
			 "too much: with \"count\" the lab has over 256 MiB of text");
	free(text);
	free(data);
}
END_TEST

START_TEST(ten_thousand_nodes_take_ten_lines)
{
	ck_assert_int_eq(
		read_quoted(
			"{'nodes': [{'name': 'top', 'kind': 'switch'},\n"
			"{'name': 's{i}', 'kind': 'switch', 'count': 20},\n"
			"{'name': 'r', 'kind': 'relayer'},\n"
			"{'name': 'b{i}', 'kind': 'button', 'count': 900, 'data': '{i}'}],\n"
			"'links': [{'from': 's{i}', 'to': 'top', 'count': 20},\n"
			"{'from': 'b{i}', 'to': 's7', 'count': 900}, {'from': 'r', 'to': 'top'}]}"),
		0);
	ck_assert_uint_eq(model.node_count, 922);
	ck_assert_str_eq(snet__model_find_node(&model, "b899")->data, "\"899\"");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("read");
	TCase *t = tcase_create("read"), *large = tcase_create("large");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 110);
	tcase_add_checked_fixture(large, setup, teardown);
	tcase_set_timeout(large, 110);
	tcase_set_tags(large, "large");
	tcase_add_loop_test(t, each_wrong_file_is_refused_in_full, 0,
			    (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, links_between_the_same_nodes_are_told_apart_by_name);
	tcase_add_test(t, repetitions_are_numbered_from_0_or_from_more);
	tcase_add_test(t, all_keys_are_read);
	tcase_add_test(t, a_program_adds_kinds);
	tcase_add_test(
		t, the_first_error_is_one_line_with_the_file_and_the_number_of_others);
	tcase_add_test(t, files_that_cannot_be_read_say_why);
	tcase_add_test(large, a_hundred_thousand_errors_are_all_listed);
	tcase_add_test(t, what_is_nested_too_deeply_is_refused);
	tcase_add_test(large, count_cannot_fill_the_memory);
	tcase_add_test(t, ten_thousand_nodes_take_ten_lines);
	suite_add_tcase(s, t);
	suite_add_tcase(s, large);
	return s;
}
