// telemetry/audit_chain.h — records in chains that nobody without the key can change: each is sealed together with the seal before it.
// Rules    one chain a (tenant, instance); its records are numbered from 1. Checkpoints say how far a chain had come, in a file of their
//          own: one line each, sealed together with the line before it
// Layout   HMAC-SHA-256; a line is "1 TIME_US TENANT_NUMBER TENANT_HEX INSTANCE COUNT HEAD SEAL\n", the seals in lower-case hexadecimal
//          and "-" for an empty tenant
// Threads  value types; a sealer is used from any thread
// Errors   audit_key_failed → internal
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/telemetry/audit_record.h"

namespace gatehouse::telemetry {

using AuditSeal = std::array<unsigned char, 32>;

struct AuditChain {
  AuditChain() = default;
  AuditChain(std::uint32_t tenant_number_, TenantId tenant_, std::string instance_)
      : tenant_number(tenant_number_), tenant(std::move(tenant_)), instance(std::move(instance_)) {}
  std::uint32_t tenant_number = 0;
  TenantId tenant;
  std::string instance;  // letters and digits
  friend auto operator<=>(const AuditChain&, const AuditChain&) = default;
  friend bool operator==(const AuditChain&, const AuditChain&) = default;
};

// How far a chain has come.
struct AuditHead {
  AuditChain chain;
  std::uint64_t count = 0;
  AuditSeal seal{};  // of the last record; zeros: there is none
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// A record where it is kept.
struct AuditRow {
  std::string instance;
  std::uint64_t sequence = 0;
  AuditRecord record;
  AuditSeal seal{};
  std::string content;      // what was asked, where that is kept and was wanted: JSON. Not part of what is sealed, either
  std::int64_t number = 0;  // over all chains, given by what keeps it; 0: not kept yet. Not part of what is sealed
  AuditChain chain() const { return {record.tenant_number, record.tenant, instance}; }
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

class AuditSealer {
 public:
  // Part of the data format: never change it. key: what the master key gives for it; instance: letters and digits.
  static constexpr std::string_view label = "gatehouse audit trail 1";
  static Result<AuditSealer> make(const Secret<std::string>& key, std::string instance);

  const std::string& instance() const { return instance_; }
  // The record as the next of its chain in this instance.
  AuditRow append(const AuditHead& head, AuditRecord record) const;
  AuditSeal seal_of(const AuditRow& row, const AuditSeal& previous) const;
  AuditSeal seal_of_line(std::string_view line, const AuditSeal& previous) const;

 private:
  struct Context;
  AuditSealer(std::shared_ptr<const Context> context, std::string instance)
      : context_(std::move(context)), instance_(std::move(instance)) {}
  AuditSeal seal(std::string_view purpose, const AuditSeal& previous, std::string_view bytes) const;
  std::shared_ptr<const Context> context_;
  std::string instance_;
};

struct AuditCheckpoint {
  AuditTime time{};
  AuditHead head;
};

// The line, with its end, and its seal, which the next one needs.
struct CheckpointLine {
  std::string text;
  AuditSeal seal;
};
CheckpointLine checkpoint_line(const AuditCheckpoint& checkpoint, const AuditSeal& previous, const AuditSealer& sealer);

// How far the file had come when it was written last: kept beside the chains, so that a file that was emptied or cut is told from a young
// one.
struct CheckpointMark {
  std::uint64_t bytes = 0;  // 0: nothing is known of it
  AuditSeal seal{};         // of the line that ended there
  friend bool operator==(const CheckpointMark&, const CheckpointMark&) = default;
};
// "BYTES SEAL"; of what is no mark: that nothing is known.
std::string to_text(const CheckpointMark& mark);
CheckpointMark parse_checkpoint_mark(std::string_view text);

// What stands in the file of checkpoints. A last line without its end was cut off while it was written, and is none.
struct CheckpointLines {
  std::vector<AuditCheckpoint> checkpoints;
  std::size_t first_bad = 0;   // the number of the first line that is not what was written; 0: all are
  std::size_t first_lost = 0;  // of the first one that was written, and is gone; 0: none is known to be
  bool missing = false;        // there is no file
};
CheckpointLines read_checkpoints(std::string_view file, const AuditSealer& sealer, const CheckpointMark& mark = {});
// The seal of the last line of a file, or of its end; zeros where it has none.
AuditSeal last_checkpoint_seal(std::string_view end_of_file);

}  // namespace gatehouse::telemetry
