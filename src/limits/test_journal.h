// limits/test_journal.h — a journal of calls in a folder of its own, for tests.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "gatehouse/limits/inflight.h"

namespace gatehouse::limits {

inline constexpr std::size_t page_bytes = 4096;

class JournalInAFolder : public ::testing::Test {
 protected:
  JournalInAFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-inflight-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "inflight";
    options_.boot = "first boot";
  }
  ~JournalInAFolder() override { std::filesystem::remove_all(folder_); }

  Inflight open() { return open(path_); }
  Inflight open(const std::filesystem::path& path) {
    Result<Inflight> opened = Inflight::open(path, options_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().describe());
    return std::move(*opened);
  }
  static CallFacts facts_of(const std::string& tenant) {
    CallFacts made;
    made.tenant = tenant;
    made.model = "small";
    made.price = {2, 1, 3, 100};
    made.budgets = {{7, BudgetCounts::money, 0, ~Units{0}, 0}};
    return made;
  }
  static std::uint32_t begun(Inflight::Part& part, std::uint32_t facts) {
    const std::uint32_t slot = part.take(facts).value();
    part.begin(slot, 0);
    return slot;
  }

  std::filesystem::path folder_, path_;
  Inflight::Options options_;
};

}  // namespace gatehouse::limits
