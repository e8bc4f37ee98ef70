#include "gatehouse/telemetry/audit_verify.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "gatehouse/base/random.h"

namespace gatehouse::telemetry {
namespace {

using ::testing::IsEmpty;

AuditSealer make_sealer(const std::string& key = std::string(32, 'k'), const std::string& instance = "a1") {
  return *AuditSealer::make(Secret<std::string>(key), instance);
}

// A trail as its store and the file of checkpoints hold it.
struct Trail {
  std::vector<AuditRow> rows;  // by chain, each in its order
  std::vector<AuditHead> heads;
  std::string checkpoints;
};

AuditRecord record_of(RandomSource& random, std::uint32_t tenant) {
  AuditRecord record;
  record.time = AuditTime(std::chrono::microseconds(1'700'000'000'000'000 + static_cast<std::int64_t>(random.next_u64() % 1'000'000)));
  record.tenant = TenantId(tenant == 0 ? "" : "tenant-" + std::to_string(tenant));
  record.tenant_number = tenant;
  record.action = random.next_u64() % 2 == 0 ? "llm_generate" : "update_tenant";
  record.key = random.next_u64() % 2 == 0 ? "key-1" : "";
  record.outcome = "ok";
  record.status = 200;
  record.request_id = random.hex(16);
  record.prompt_tokens = random.next_u64() % 100;
  return record;
}

// Grows every chain a little and says so, a few times.
Trail make_trail(RandomSource& random) {
  Trail trail;
  AuditSeal line{};
  std::vector<std::pair<AuditHead, std::vector<AuditRow>>> chains;
  std::vector<AuditSealer> sealers{make_sealer(), make_sealer(std::string(32, 'k'), "b2")};
  for (std::uint32_t tenant = 0; tenant < 3; ++tenant) {
    for (const AuditSealer& sealer : sealers) {
      AuditHead head;
      head.chain = AuditChain(tenant, record_of(random, tenant).tenant, sealer.instance());
      chains.emplace_back(head, std::vector<AuditRow>());
    }
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& [head, rows] : chains) {
      for (std::uint64_t i = 1 + random.next_u64() % 6; i > 0; --i) {
        const AuditSealer& sealer = sealers[head.chain.instance == "a1" ? 0 : 1];
        rows.push_back(sealer.append(head, record_of(random, head.chain.tenant_number)));
        head.count = rows.back().sequence;
        head.seal = rows.back().seal;
      }
      if (round == 2) continue;  // what came after the last checkpoint
      const CheckpointLine next = checkpoint_line({AuditTime(std::chrono::microseconds(round)), head}, line, sealers[0]);
      trail.checkpoints += next.text;
      line = next.seal;
    }
  }
  for (const auto& [head, rows] : chains) {
    trail.heads.push_back(head);
    trail.rows.insert(trail.rows.end(), rows.begin(), rows.end());
  }
  return trail;
}

AuditVerdict verify(const Trail& trail) {
  const AuditSealer sealer = make_sealer();
  return verify_audit(trail.rows, trail.heads, read_checkpoints(trail.checkpoints, sealer), sealer);
}

// Whoever attacks has the database and the file, and everything but the key.
class Attacker {
 public:
  Attacker(Trail trail, RandomSource& random) : trail_(std::move(trail)), random_(random) {}

  void edit_a_byte() {
    AuditRow& row = trail_.rows[any(trail_.rows.size())];
    AuditRecord& record = row.record;
    const auto change = [this](std::string& text) {
      text.empty() ? text.push_back('x') : static_cast<void>(text[any(text.size())] ^= static_cast<char>(1 + any(255)));
    };
    std::string tenant = record.tenant.value();
    const std::vector<std::function<void()>> edits{[&] { change(record.user); },
                                                   [&] { change(record.key); },
                                                   [&] { change(record.action); },
                                                   [&] { change(record.route); },
                                                   [&] { change(record.resource_type); },
                                                   [&] { change(record.resource_id); },
                                                   [&] { change(record.outcome); },
                                                   [&] { change(record.rule); },
                                                   [&] { change(record.request_id); },
                                                   [&] { change(record.address); },
                                                   [&] { change(record.model); },
                                                   [&] { change(record.task); },
                                                   [&] { change(record.finish); },
                                                   [&] { change(row.instance); },
                                                   [&] { change(tenant), record.tenant = TenantId(tenant); },
                                                   [&] { record.tenant_number ^= 1U << any(32); },
                                                   [&] { record.status ^= 1 << any(30); },
                                                   [&] { record.prompt_tokens ^= 1ULL << any(64); },
                                                   [&] { record.completion_tokens ^= 1ULL << any(64); },
                                                   [&] { record.count ^= 1ULL << any(64); },
                                                   [&] { record.time += std::chrono::microseconds(1 + any(1'000'000)); },
                                                   [&] { row.sequence ^= 1ULL << any(64); },
                                                   [&] { row.seal[any(row.seal.size())] ^= static_cast<unsigned char>(1 + any(255)); }};
    edits[any(edits.size())]();
  }
  // Of the end of a chain, only what a checkpoint has seen or the chain's head tells of can be missed.
  void remove_a_row() {
    const std::size_t at = any(trail_.rows.size());
    const AuditRow gone = trail_.rows[at];
    const bool last = gone.sequence == head_of(gone).count;
    trail_.rows.erase(trail_.rows.begin() + static_cast<std::ptrdiff_t>(at));
    if (any(2) == 0) renumber();
    if (!last && any(2) == 0) set_heads();
  }
  void insert_a_row() {
    const std::size_t at = any(trail_.rows.size());
    AuditRow made = trail_.rows[any(2) == 0 ? at : any(trail_.rows.size())];
    made.instance = trail_.rows[at].instance;
    made.record.tenant = trail_.rows[at].record.tenant;
    made.record.tenant_number = trail_.rows[at].record.tenant_number;
    if (any(2) == 0) made.record.request_id = random_.hex(16);
    if (any(2) == 0) made.seal[0] ^= 1U;
    trail_.rows.insert(trail_.rows.begin() + static_cast<std::ptrdiff_t>(at), made);
    if (any(2) == 0) renumber();
    if (any(2) == 0) set_heads();
  }
  void reorder() {
    std::size_t one = any(trail_.rows.size()), other = one;
    while (trail_.rows[one].chain() != trail_.rows[other].chain() || one == other) {
      one = any(trail_.rows.size());
      other = any(trail_.rows.size());
    }
    std::swap(trail_.rows[one], trail_.rows[other]);
    if (any(2) == 0) std::swap(trail_.rows[one].sequence, trail_.rows[other].sequence);
    if (any(2) == 0) std::swap(trail_.rows[one].seal, trail_.rows[other].seal);
  }
  // Down to before the last checkpoint, and nothing in the store tells of it.
  void cut_the_tail() {
    const CheckpointLines lines = read_checkpoints(trail_.checkpoints, make_sealer());
    const AuditHead& seen = lines.checkpoints[lines.checkpoints.size() - 1 - any(6)].head;  // one of the last of each chain
    const std::uint64_t kept = any(seen.count);
    std::erase_if(trail_.rows, [&](const AuditRow& row) { return row.chain() == seen.chain && row.sequence > kept; });
    set_heads();
  }
  void swap_chains() {
    const std::size_t one = any(trail_.heads.size()), other = (one + 1 + any(trail_.heads.size() - 1)) % trail_.heads.size();
    const AuditChain a = trail_.heads[one].chain, b = trail_.heads[other].chain;
    for (AuditRow& row : trail_.rows) {
      const AuditChain was = row.chain();
      if (was != a && was != b) continue;
      const AuditChain& now = was == a ? b : a;
      row.instance = now.instance;
      row.record.tenant = now.tenant;
      row.record.tenant_number = now.tenant_number;
    }
    set_heads();
  }
  void change_checkpoints() {
    std::vector<std::string> lines;
    for (std::size_t begin = 0, end; (end = trail_.checkpoints.find('\n', begin)) != std::string::npos; begin = end + 1) {
      lines.push_back(trail_.checkpoints.substr(begin, end + 1 - begin));
    }
    const std::size_t at = any(lines.size() - 1);
    switch (any(3)) {
      case 0:
        lines[at][any(lines[at].size())] ^= static_cast<char>(1 + any(255));
        break;
      case 1:
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        std::swap(lines[at], lines[at + 1]);
    }
    trail_.checkpoints.clear();
    for (const std::string& line : lines) trail_.checkpoints += line;
  }

  const Trail& trail() const { return trail_; }

 private:
  std::size_t any(std::size_t below) { return static_cast<std::size_t>(random_.next_u64() % below); }
  const AuditHead& head_of(const AuditRow& row) const { return *std::ranges::find(trail_.heads, row.chain(), &AuditHead::chain); }
  // As if nothing had happened.
  void renumber() {
    std::map<AuditChain, std::uint64_t> counts;
    for (AuditRow& row : trail_.rows) row.sequence = ++counts[row.chain()];
  }
  void set_heads() {
    trail_.heads.clear();
    std::map<AuditChain, AuditHead> heads;
    for (const AuditRow& row : trail_.rows) heads[row.chain()] = {row.chain(), row.sequence, row.seal};
    for (const auto& [chain, head] : heads) trail_.heads.push_back(head);
  }

  Trail trail_;
  RandomSource& random_;
};

using Attack = void (Attacker::*)();
struct NamedAttack {
  const char* name;
  Attack attack;
};
constexpr NamedAttack attacks[] = {{"edited byte", &Attacker::edit_a_byte},       {"removed row", &Attacker::remove_a_row},
                                   {"inserted row", &Attacker::insert_a_row},     {"reordered rows", &Attacker::reorder},
                                   {"tail cut back", &Attacker::cut_the_tail},    {"swapped chains", &Attacker::swap_chains},
                                   {"checkpoints", &Attacker::change_checkpoints}};

TEST(AuditVerify, FindsEveryOfAThousandRandomAttacks) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SeededRandom random(seed);
    const Trail trail = make_trail(random);
    const auto& [name, attack] = attacks[seed % std::size(attacks)];
    Attacker attacker(trail, random);
    (attacker.*attack)();
    ASSERT_TRUE(verify(trail).ok()) << "seed " << seed;
    EXPECT_FALSE(verify(attacker.trail()).ok()) << name << ", seed " << seed;
  }
}

TEST(AuditVerify, CountsWhatItHasSeen) {
  SeededRandom random(1);
  const Trail trail = make_trail(random);
  const AuditVerdict verdict = verify(trail);
  EXPECT_EQ(verdict.records, trail.rows.size());
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_TRUE(verify(Trail{}).ok());
}

class OneChain : public ::testing::Test {
 protected:
  OneChain() {
    SeededRandom random(4);
    head_.chain = AuditChain(2, TenantId("tenant-2"), "a1");
    for (int i = 0; i < 6; ++i) {
      trail_.rows.push_back(sealer_.append(head_, record_of(random, 2)));
      head_.count = trail_.rows.back().sequence;
      head_.seal = trail_.rows.back().seal;
      if (i == 3) trail_.checkpoints = checkpoint_line({{}, head_}, {}, sealer_).text;
    }
    trail_.heads = {head_};
  }
  AuditFault only_fault() const {
    const AuditVerdict verdict = verify(trail_);
    EXPECT_EQ(verdict.faults.size(), 1U);
    return verdict.faults.empty() ? AuditFault{} : verdict.faults.front();
  }
  AuditFault fault(AuditDamage damage, std::uint64_t sequence) const { return {damage, head_.chain, sequence}; }

  const AuditSealer sealer_ = make_sealer();
  AuditHead head_;
  Trail trail_;
};

TEST_F(OneChain, SaysWhatIsWrongAndWhere) {
  const Trail whole = trail_;
  trail_.rows[2].record.outcome = "refused";
  EXPECT_EQ(only_fault(), fault(AuditDamage::record_altered, 3));
  trail_ = whole;
  trail_.rows.erase(trail_.rows.begin() + 1);
  EXPECT_EQ(only_fault(), fault(AuditDamage::record_missing, 2));
  trail_ = whole;
  trail_.rows.insert(trail_.rows.begin() + 4, trail_.rows[3]);
  EXPECT_EQ(only_fault(), fault(AuditDamage::record_out_of_place, 5));
  trail_ = whole;
  trail_.rows.resize(3);
  trail_.heads.front().count = 3;
  EXPECT_EQ(only_fault(), fault(AuditDamage::chain_cut, 4));
  trail_ = whole;
  trail_.checkpoints[2] = '9';
  EXPECT_EQ(only_fault(), (AuditFault{AuditDamage::checkpoint_file_altered, {}, 1}));
}

// Whoever cuts a tail back takes away what would tell of it.
TEST_F(OneChain, AFileOfCheckpointsThatIsGoneIsAFault) {
  CheckpointLines none;
  none.missing = true;
  const AuditVerdict verdict = verify_audit(trail_.rows, trail_.heads, none, sealer_);
  EXPECT_EQ(verdict.faults, (std::vector<AuditFault>{{AuditDamage::checkpoint_file_missing, {}, 0}}));
}

// Emptied, cut at the end of a line or within one, or in the place of another one: a file that is good by itself.
TEST_F(OneChain, AFileOfCheckpointsThatHasLostItsEndIsAFault) {
  const std::string whole = trail_.checkpoints, next = checkpoint_line({{}, head_}, last_checkpoint_seal(whole), sealer_).text;
  const CheckpointMark mark{whole.size(), last_checkpoint_seal(whole)};
  EXPECT_EQ(parse_checkpoint_mark(to_text(mark)), mark);
  const auto found = [&](const std::string& file) {
    return verify_audit(trail_.rows, trail_.heads, read_checkpoints(file, sealer_, mark), sealer_).faults;
  };
  EXPECT_EQ(found(whole), std::vector<AuditFault>());
  EXPECT_EQ(found(whole + next), std::vector<AuditFault>()) << "more than is known";
  for (const std::string& file : {std::string(), whole.substr(0, 30), whole.substr(0, whole.size() - 1)}) {
    EXPECT_EQ(found(file), (std::vector<AuditFault>{{AuditDamage::checkpoint_file_cut, {}, 1}})) << file.size();
  }
  const std::string another = checkpoint_line({AuditTime(std::chrono::microseconds(1)), head_}, {}, sealer_).text;
  EXPECT_EQ(found(another + another).back().damage, AuditDamage::checkpoint_file_cut);
}

TEST(CheckpointMark, OfWhatIsNoneSaysNothing) {
  const std::string seal(64, 'a');
  EXPECT_EQ(parse_checkpoint_mark("17 " + seal).bytes, 17U);
  for (const std::string& text : {std::string(), std::string("17"), "x " + seal, "-1 " + seal, "17 " + seal + "a", " " + seal}) {
    EXPECT_EQ(parse_checkpoint_mark(text), CheckpointMark()) << text;
  }
}

TEST_F(OneChain, ATailCutBackToTheLastCheckpointShowsInTheHeadAlone) {
  trail_.rows.resize(4);
  EXPECT_EQ(only_fault(), fault(AuditDamage::chain_cut, 5));
  trail_.heads.front().count = 4;
  EXPECT_TRUE(verify(trail_).ok()) << "why checkpoints are made every minute";
}

// Somebody who has the key, or an older copy of the store that went on.
TEST_F(OneChain, AnotherHistoryContradictsTheCheckpoint) {
  SeededRandom random(5);
  AuditHead head;
  head.chain = head_.chain;
  for (AuditRow& row : trail_.rows) {
    row = sealer_.append(head, record_of(random, 2));
    head.count = row.sequence;
    head.seal = row.seal;
  }
  EXPECT_EQ(only_fault(), fault(AuditDamage::checkpoint_disagrees, 4));
}

TEST_F(OneChain, AnotherKeySealsNothingOfOurs) {
  const AuditSealer other = make_sealer(std::string(32, 'x'));
  const AuditVerdict verdict = verify_audit(trail_.rows, trail_.heads, {}, other);
  EXPECT_EQ(verdict.faults, std::vector{fault(AuditDamage::record_altered, 1)});
}

TEST(AuditCheckpoints, ComeBackAsTheyWereWritten) {
  const AuditSealer sealer = make_sealer();
  AuditHead odd;
  odd.chain = AuditChain(7, TenantId("with blank\nand line"), "a1");
  odd.count = 12;
  odd.seal.fill(3);
  const CheckpointLine first = checkpoint_line({AuditTime(std::chrono::microseconds(5)), odd}, {}, sealer);
  AuditHead nobody;
  nobody.chain = AuditChain(0, TenantId(), "a1");
  nobody.count = 1;
  const CheckpointLine second = checkpoint_line({{}, nobody}, first.seal, sealer);
  const std::string file = first.text + second.text;
  const CheckpointLines lines = read_checkpoints(file, sealer);
  EXPECT_EQ(lines.first_bad, 0U);
  ASSERT_EQ(lines.checkpoints.size(), 2U);
  EXPECT_EQ(lines.checkpoints[0].head, odd);
  EXPECT_EQ(lines.checkpoints[0].time, AuditTime(std::chrono::microseconds(5)));
  EXPECT_EQ(lines.checkpoints[1].head, nobody);
  EXPECT_EQ(last_checkpoint_seal(file), second.seal);
  EXPECT_EQ(last_checkpoint_seal(second.text.substr(20)), AuditSeal{});
  EXPECT_EQ(last_checkpoint_seal(""), AuditSeal{});
}

TEST(AuditCheckpoints, ALineThatWasCutOffIsNone) {
  const AuditSealer sealer = make_sealer();
  AuditHead head;
  head.chain = AuditChain(1, TenantId("a"), "a1");
  head.count = 1;
  const std::string whole = checkpoint_line({{}, head}, {}, sealer).text;
  const CheckpointLines lines = read_checkpoints(whole + whole.substr(0, 30), sealer);
  EXPECT_EQ(lines.first_bad, 0U);
  EXPECT_EQ(lines.checkpoints.size(), 1U);
}

}  // namespace
}  // namespace gatehouse::telemetry
