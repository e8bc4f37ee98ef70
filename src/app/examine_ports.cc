// Who listens where, as /proc tells.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "examine.h"
#include "options.h"

namespace gatehouse::app {
namespace {

using tcp = boost::asio::ip::tcp;

// Sockets that listen at a port, by inode.
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  constexpr const char* listening = "0A";
  std::ifstream lines(table);
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    const std::size_t colon = local.rfind(':');
    if (state != listening || colon == std::string::npos) continue;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    if (found == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool holds_one(const std::filesystem::path& process, const std::set<std::string>& inodes) {
  std::error_code failed, closed;
  for (std::filesystem::directory_iterator at(process / "fd", failed), end; !failed && at != end; at.increment(failed)) {
    const std::filesystem::path target = std::filesystem::read_symlink(at->path(), closed);
    if (!closed && inodes.contains(target.string())) return true;
  }
  return false;
}

// "process 7 (nginx)", as far as other people's processes may be looked at.
std::string holder_among_all(const std::set<std::string>& inodes) {
  std::error_code failed;
  for (std::filesystem::directory_iterator at("/proc", failed), end; !failed && at != end; at.increment(failed)) {
    const std::string number = at->path().filename().string();
    if (number.find_first_not_of("0123456789") != std::string::npos || !holds_one(at->path(), inodes)) continue;
    std::string name;
    std::getline(std::ifstream(at->path() / "comm"), name);
    return "process " + number + " (" + name + ")";
  }
  return {};
}

std::string refusal_of(const net::Endpoint& endpoint) {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context);
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(endpoint.address, failed);
  const tcp::endpoint where(address, endpoint.port);
  if (!failed) acceptor.open(where.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(where, failed);
  return failed ? failed.message() : std::string();
}

PortFacts examine_port(std::string key, const std::string& text, const std::string& holder) {
  PortFacts port(std::move(key), text);
  const Result<net::Endpoint> endpoint = parse_endpoint(text);
  if (!endpoint) return port;  // the configuration's fault
  port.loopback = is_loopback(*endpoint);
  port.refusal = refusal_of(*endpoint);
  if (port.refusal.empty()) return port;
  std::set<std::string> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) add_listeners(table, endpoint->port, inodes);
  port.ours = !holder.empty() && holds_one(std::filesystem::path("/proc") / holder, inodes);
  if (!port.ours) port.holder = holder_among_all(inodes);
  return port;
}

}  // namespace

std::vector<PortFacts> examine_ports(const Settings& settings, const std::string& holder) {
  std::vector<PortFacts> ports;
  for (const std::string& text : settings.server.listen) ports.push_back(examine_port("server.listen", text, holder));
  ports.push_back(examine_port("server.admin_listen", settings.server.admin_listen, holder));
  return ports;
}

}  // namespace gatehouse::app
