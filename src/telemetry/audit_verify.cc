#include "gatehouse/telemetry/audit_verify.h"

#include <algorithm>

namespace gatehouse::telemetry {

std::string_view to_string(AuditDamage damage) {
  switch (damage) {
    case AuditDamage::record_altered:
      return "record_altered";
    case AuditDamage::record_missing:
      return "record_missing";
    case AuditDamage::record_out_of_place:
      return "record_out_of_place";
    case AuditDamage::chain_cut:
      return "chain_cut";
    case AuditDamage::checkpoint_disagrees:
      return "checkpoint_disagrees";
    case AuditDamage::checkpoint_file_altered:
      return "checkpoint_file_altered";
    case AuditDamage::checkpoint_file_cut:
      return "checkpoint_file_cut";
    case AuditDamage::checkpoint_file_missing:
      break;
  }
  return "checkpoint_file_missing";
}

AuditVerifier::AuditVerifier(const AuditSealer& sealer, const CheckpointLines& lines)
    : sealer_(sealer), bad_line_(lines.first_bad), lost_line_(lines.first_lost), no_checkpoints_(lines.missing) {
  for (const AuditCheckpoint& one : lines.checkpoints) chains_[one.head.chain].checkpoints.push_back(one.head);
  for (auto& [id, chain] : chains_) std::ranges::sort(chain.checkpoints, {}, &AuditHead::count);
}

std::optional<AuditDamage> AuditVerifier::judge(Chain& chain, const AuditRow& row) const {
  if (row.sequence != chain.count + 1) {
    return row.sequence > chain.count ? AuditDamage::record_missing : AuditDamage::record_out_of_place;
  }
  if (row.seal != sealer_.seal_of(row, chain.seal)) return AuditDamage::record_altered;
  for (; chain.met < chain.checkpoints.size() && chain.checkpoints[chain.met].count <= row.sequence; ++chain.met) {
    if (chain.checkpoints[chain.met].seal != row.seal) return AuditDamage::checkpoint_disagrees;
  }
  return std::nullopt;
}

void AuditVerifier::look_at(const AuditRow& row) {
  ++records_;
  const AuditChain id = row.chain();
  Chain& chain = chains_[id];
  if (chain.fault) return;
  if (const std::optional<AuditDamage> damage = judge(chain, row)) {
    chain.fault = AuditFault{*damage, id, chain.count + 1};
    return;
  }
  chain.count = row.sequence;
  chain.seal = row.seal;
}

void AuditVerifier::expect(const AuditHead& head) { chains_[head.chain].expected = head.count; }

AuditVerdict AuditVerifier::verdict() const {
  AuditVerdict verdict;
  verdict.records = records_;
  if (no_checkpoints_) verdict.faults.push_back({AuditDamage::checkpoint_file_missing, {}, 0});
  if (bad_line_ > 0) verdict.faults.push_back({AuditDamage::checkpoint_file_altered, {}, bad_line_});
  if (lost_line_ > 0) verdict.faults.push_back({AuditDamage::checkpoint_file_cut, {}, lost_line_});
  for (const auto& [id, chain] : chains_) {
    const bool cut = chain.met < chain.checkpoints.size() || chain.count < chain.expected;
    if (chain.fault) {
      verdict.faults.push_back(*chain.fault);
    } else if (cut) {
      verdict.faults.push_back({AuditDamage::chain_cut, id, chain.count + 1});
    }
  }
  return verdict;
}

AuditVerdict verify_audit(std::span<const AuditRow> rows, std::span<const AuditHead> heads, const CheckpointLines& lines,
                          const AuditSealer& sealer) {
  AuditVerifier verifier(sealer, lines);
  for (const AuditHead& head : heads) verifier.expect(head);
  for (const AuditRow& row : rows) verifier.look_at(row);
  return verifier.verdict();
}

}  // namespace gatehouse::telemetry
