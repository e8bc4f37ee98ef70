// What the journal knows of calls after a loss of power: pages reached the disk one by one.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <vector>

#include "test_journal.h"

namespace gatehouse::limits {
namespace {

class JournalPower : public JournalInAFolder {};

// What the disk knows: of each page what it was between two calls, at some moment since the last sync.
class Disk {
 public:
  explicit Disk(std::filesystem::path of) : of_(std::move(of)) {}
  void sync() {
    std::ifstream file(of_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }
  void write_page(std::size_t number) {
    std::ifstream file(of_, std::ios::binary);
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::size_t>(file.tellg());
    bytes_.resize(std::max(bytes_.size(), size));
    file.seekg(static_cast<std::streamoff>(number % (size / page_bytes) * page_bytes));
    file.read(bytes_.data() + number % (size / page_bytes) * page_bytes, page_bytes);
  }
  void become(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  }

 private:
  std::filesystem::path of_;
  std::string bytes_;
};

// Calls of which each can be told apart in any sum: it has two bits of its own there, and so shows how often it is in it.
struct Weighed {
  static constexpr std::size_t bits = 2, of_prompt = 30, each = 60;
  static CallUse use_of(std::size_t number) {
    CallUse use;
    (number < of_prompt ? use.prompt : use.completion) = std::uint64_t{1} << (number % of_prompt * bits);
    return use;
  }
  static std::uint64_t times(const CallUse& use, std::size_t number) {
    return (number < of_prompt ? use.prompt : use.completion) >> (number % of_prompt * bits) & 3U;
  }
};

// Calls of several tenants: they begin, are over in any order, and are settled batch by batch, while pages come to the disk as they like.
class RandomCalls {
 public:
  RandomCalls(Inflight& journal, Disk& disk, std::uint32_t seed) : part_(journal.part(0)), disk_(disk), random_(seed) {}
  void keep(const CallFacts& facts) { tenants_.push_back({facts.tenant, *part_.keep(facts)}); }
  void step() {
    const auto dice = random_() % 100;
    if (dice < 34) begin();
    if (dice >= 34 && dice < 60 && !running_.empty()) end();
    if (dice >= 60 && dice < 63) stamp_and_sync();
    if (dice >= 63 && dice < 68) settle();
    if (dice >= 68) disk_.write_page(random_());
  }
  std::int64_t last_settled() const { return last_settled_; }
  // Each call is known once at the most, to the store or by what is left; and those that were over when all was synced last, once.
  void expect_each_once(const std::vector<LeftCall>& left) const {
    for (const Tenant& tenant : tenants_) {
      for (std::size_t i = 0; i < tenant.begun; ++i) {
        std::uint64_t times = tenant.settled.contains(i) ? 1 : 0;
        for (const LeftCall& call : left) {
          if (call.facts.tenant == tenant.name && (call.batch == 0 || call.batch > last_settled_)) times += Weighed::times(call.use, i);
        }
        EXPECT_LE(times, 1U) << tenant.name << " " << i;
        EXPECT_GE(times, tenant.in_batch.contains(i) ? 1U : 0U) << tenant.name << " " << i;
      }
    }
  }

 private:
  struct Tenant {
    std::string name;
    std::uint32_t facts = 0;
    std::size_t begun = 0;
    std::set<std::size_t> over = {}, in_batch = {}, settled = {};
  };
  struct Running {
    std::size_t tenant = 0, number = 0;
    std::uint32_t slot = 0;
  };
  void begin() {
    const std::size_t of = random_() % tenants_.size();
    if (tenants_[of].begun == Weighed::each) return;
    const Running call{of, tenants_[of].begun++, *part_.take(tenants_[of].facts)};
    const CallUse use = Weighed::use_of(call.number);
    part_.granted(call.slot, use.completion);
    part_.begin(call.slot, use.prompt);
    running_.push_back(call);
  }
  void end() {
    const std::size_t at = random_() % running_.size();
    const Running call = running_[at];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    part_.join(call.slot, Weighed::use_of(call.number));
    tenants_[call.tenant].over.insert(call.number);
  }
  void stamp_and_sync() {
    if (!stamped_.empty()) return;
    stamped_ = part_.take_over();
    part_.stamp(stamped_, 0, ++batch_);
    for (Tenant& tenant : tenants_) tenant.in_batch = std::exchange(tenant.over, {});
    disk_.sync();
  }
  void settle() {
    if (stamped_.empty()) return;
    for (Tenant& tenant : tenants_) tenant.settled.merge(tenant.in_batch);
    last_settled_ = batch_;
    part_.release(std::exchange(stamped_, {}));
  }

  Inflight::Part& part_;
  Disk& disk_;
  std::minstd_rand random_;
  std::vector<Tenant> tenants_;
  std::vector<Running> running_;
  std::vector<std::uint32_t> stamped_;
  std::int64_t batch_ = 0, last_settled_ = 0;
};

TEST_F(JournalPower, ALossOfPowerCountsNoCallTwice) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    options_.boot = "first boot";
    std::filesystem::remove(path_);
    Inflight journal = open();
    journal.clear();
    Disk disk(path_);
    disk.sync();
    RandomCalls calls(journal, disk, seed);
    for (const char* tenant : {"acme", "other", "third", "fourth"}) calls.keep(facts_of(tenant));
    for (int i = 0; i < 700; ++i) {
      calls.step();
      if (i % 50 != 49) continue;
      disk.become(folder_ / "after");
      options_.boot = "second boot";
      calls.expect_each_once(open(folder_ / "after").left());
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
}  // namespace gatehouse::limits
