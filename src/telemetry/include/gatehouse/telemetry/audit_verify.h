// telemetry/audit_verify.h — whether an audit trail is what was written: what is wrong in it, and where.
// Rules    a pure decision over rows, checkpoints and, where they are known, the heads of the chains. Found is every row that was changed,
//          removed, put in or moved, within a chain or to another, and a tail cut back past a checkpoint. Of each chain the first fault is
//          told: what follows it cannot be judged
// Threads  value types
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::telemetry {

enum class AuditDamage : std::uint8_t {
  record_altered,        // or put in, or of another chain
  record_missing,        // the numbers go on behind it
  record_out_of_place,   // its number was there before
  chain_cut,             // records that a checkpoint or the chain's head has seen are gone
  checkpoint_disagrees,  // the chain is sealed, and is not the one that the checkpoint saw
  checkpoint_file_altered,
  checkpoint_file_cut,     // what was written at its end is gone,
  checkpoint_file_missing  // or all of it: nothing tells of a tail that was cut back
};
std::string_view to_string(AuditDamage damage);

struct AuditFault {
  AuditDamage damage;
  AuditChain chain;            // empty for the file of checkpoints
  std::uint64_t sequence = 0;  // of the first record that is not right; of checkpoint_file_altered and checkpoint_file_cut, the line
  friend bool operator==(const AuditFault&, const AuditFault&) = default;
};

struct AuditVerdict {
  std::uint64_t records = 0;
  std::vector<AuditFault> faults;  // by chain; none: all is well
  bool ok() const { return faults.empty(); }
};

class AuditVerifier {
 public:
  AuditVerifier(const AuditSealer& sealer, const CheckpointLines& lines);
  // In the order in which a chain's rows are kept; chains may take turns.
  void look_at(const AuditRow& row);
  // What the store says of a chain beside its rows; not sealed.
  void expect(const AuditHead& head);
  AuditVerdict verdict() const;

 private:
  struct Chain {
    std::uint64_t count = 0;
    AuditSeal seal{};
    std::vector<AuditHead> checkpoints;  // by count, each at least as far as the one before
    std::size_t met = 0;                 // of those
    std::uint64_t expected = 0;          // rows
    std::optional<AuditFault> fault;
  };
  std::optional<AuditDamage> judge(Chain& chain, const AuditRow& row) const;

  const AuditSealer sealer_;
  std::uint64_t records_ = 0;
  std::size_t bad_line_, lost_line_;
  bool no_checkpoints_;
  std::map<AuditChain, Chain> chains_;
};

AuditVerdict verify_audit(std::span<const AuditRow> rows, std::span<const AuditHead> heads, const CheckpointLines& lines,
                          const AuditSealer& sealer);

}  // namespace gatehouse::telemetry
