// app/doctor.h — what may be wrong with an installation: facts, gathered at the edge (doctor_facts.h), and what they mean.
// Rules    nothing here looks at anything but the facts. A check that another's failure makes impossible is left out. No advice holds a
//          secret; facts have none
// Threads  value types, pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"

namespace gatehouse::app {

struct Check {
  std::string name;
  bool ok = true;
  std::string advice;  // what to do, in a sentence; where all is well, what is worth knowing, or nothing
};

// An address that the configuration names.
struct PortFacts {
  PortFacts(std::string key_, std::string address_) : key(std::move(key_)), address(std::move(address_)) {}
  std::string key, address;
  bool loopback = true;
  std::string refusal;  // why nobody can listen there now; empty: it is free
  bool ours = false;    // the server on this data folder listens there
  std::string holder;   // whoever else does, where that can be seen
};

struct FolderFacts {
  std::string path;
  bool there = true;
  std::uint32_t owner = 0, me = 0;
  unsigned mode = 0700;
};

struct ServerFacts {
  std::string holder;   // the process that has the data folder's lock; empty: none
  bool answers = true;  // at the control socket
};

// Of a store that is there.
struct StoreFacts {
  std::string refusal;  // why it cannot be read
  std::size_t schema_found = 0, schema_known = 0;
  std::string verdict = "ok";
  std::optional<std::int64_t> newest_s;  // of its records, since 1970
};

struct KeyFacts {
  std::string master_key_refusal;
  std::string signing_keys_refusal;
  std::string signs_with, configured;  // algorithms; the first is empty where it is not known, the second where none is set
};

struct ModelFacts {
  std::vector<std::string> missing;  // that the configuration names
  std::vector<std::string> refusals;
  std::string largest;
  std::uint64_t largest_bytes = 0;
};

struct MachineFacts {
  std::uint64_t memory_bytes = 0, memory_free_bytes = 0;  // of the machine, or of the container's limit
  std::uint64_t disk_free_bytes = 0;                      // for the data folder
  std::optional<nanoseconds> slowest_sync;                // of a few small writes there; nothing: not tried
  std::uint64_t descriptors = 0, connections = 0;         // that the server may open; that it is configured to take
  bool gpu = false;
  std::string engine_refusal;
  std::int64_t now_s = 0, program_written_s = 0;
};

struct LogFacts {
  std::string key, refusal;  // empty: it can be written
};

struct TokenFacts {
  std::string refusal;  // "token_expired: The token has expired"; empty: it is taken
  std::string tenant, scopes;
};

struct Facts {
  std::vector<std::string> configuration_faults;
  std::vector<PortFacts> ports;
  FolderFacts folder;
  ServerFacts server;
  std::optional<StoreFacts> store;
  std::optional<KeyFacts> keys;
  ModelFacts models;
  MachineFacts machine;
  std::vector<LogFacts> logs;
  std::optional<TokenFacts> token;
};

std::vector<Check> diagnose(const Facts& facts);

}  // namespace gatehouse::app
