// net/address.h — who stands at the far end of a connection.
// Threads  pure functions
#pragma once
#include <boost/asio/ip/address.hpp>
#include <string>

namespace gatehouse::net {

// An IPv4 address that came mapped into IPv6 as itself.
boost::asio::ip::address unmapped(const boost::asio::ip::address& address);
// What the caps count as one: an address, or an IPv6 network of 64 bits, which belongs to one client.
std::string counted_address(const boost::asio::ip::address& address);

}  // namespace gatehouse::net
