#include "checkpoint_file.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>

namespace gatehouse::app {
namespace {

class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() {
    std::string name = "/tmp/gatehouse-checkpoints-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Checkpoints() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path path() const { return checkpoints_of(folder_.string()); }
  std::string contents() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  telemetry::CheckpointLines lines() const { return telemetry::read_checkpoints(contents(), sealer_); }
  std::set<std::string> names_in_folder() const {
    std::set<std::string> names;
    for (const auto& one : std::filesystem::directory_iterator(folder_)) names.insert(one.path().filename().string());
    return names;
  }
  Status append(CheckpointFile& file, std::uint64_t count) const {
    telemetry::AuditHead head;
    head.chain = telemetry::AuditChain(1, TenantId("tenant-001"), "here");
    head.count = count;
    return file.append({head, head}, telemetry::AuditTime(), sealer_);
  }

  const telemetry::AuditSealer sealer_ = *telemetry::AuditSealer::make(Secret<std::string>(std::string(32, 'k')), "here");
  std::filesystem::path folder_;
};

TEST_F(Checkpoints, GoOnWhereTheyEndedAfterEachStart) {
  for (std::uint64_t start = 1; start <= 3; ++start) {
    Result<CheckpointFile> file = CheckpointFile::open(path());
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(append(*file, start).ok());
    EXPECT_TRUE(append(*file, start + 10).ok());
  }
  EXPECT_EQ(lines().first_bad, 0U);
  EXPECT_EQ(lines().checkpoints.size(), 12U);
  struct stat found{};
  ASSERT_EQ(stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(Checkpoints, ALineThatACrashCutOffIsTakenAway) {
  for (const std::size_t cut : {0UL, 1UL, 60UL}) {
    std::filesystem::remove(path());
    {
      Result<CheckpointFile> file = CheckpointFile::open(path());
      ASSERT_TRUE(file.ok());
      ASSERT_TRUE(append(*file, 1).ok());
    }
    const std::string whole = contents();
    std::ofstream(path(), std::ios::binary | std::ios::app) << whole.substr(0, cut);
    Result<CheckpointFile> file = CheckpointFile::open(path());
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(contents(), whole);
    ASSERT_TRUE(append(*file, 2).ok());
    EXPECT_EQ(lines().first_bad, 0U) << cut;
    EXPECT_EQ(lines().checkpoints.size(), 4U) << cut;
  }
}

TEST_F(Checkpoints, WhatWasChangedStaysToBeFound) {
  {
    Result<CheckpointFile> file = CheckpointFile::open(path());
    ASSERT_TRUE(file.ok() && append(*file, 1).ok());
  }
  std::string changed = contents();
  changed[2] = '9';
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << changed;
  Result<CheckpointFile> file = CheckpointFile::open(path());
  ASSERT_TRUE(file.ok() && append(*file, 2).ok());
  EXPECT_EQ(lines().first_bad, 1U);
  EXPECT_EQ(lines().checkpoints.size(), 3U);
}

TEST_F(Checkpoints, KnowWhetherTheyHaveComeSoFar) {
  Result<CheckpointFile> file = CheckpointFile::open(path());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->mark(), telemetry::CheckpointMark());
  ASSERT_TRUE(append(*file, 1).ok());
  const telemetry::CheckpointMark mark = file->mark();
  EXPECT_EQ(mark.bytes, contents().size());
  ASSERT_TRUE(append(*file, 2).ok());
  const auto comes_to = [this](const telemetry::CheckpointMark& wanted) { return *CheckpointFile::open(path())->comes_to(wanted); };
  EXPECT_TRUE(comes_to(mark) && comes_to(file->mark()) && comes_to({}));
  telemetry::CheckpointMark another = mark;
  another.seal[3] ^= 1U;
  EXPECT_FALSE(comes_to(another));
  std::filesystem::resize_file(path(), mark.bytes);
  EXPECT_TRUE(comes_to(mark));
  EXPECT_FALSE(comes_to(file->mark()));
  std::filesystem::resize_file(path(), 0);
  EXPECT_FALSE(comes_to(mark));
}

int no_links_here(const char* /*from*/, const char* /*to*/) {
  errno = EPERM;
  return -1;
}

TEST_F(Checkpoints, AFullFileIsCopiedWhereThereAreNoHardLinks) {
  Result<CheckpointFile> file = CheckpointFile::open(path(), 1000, &no_links_here);
  ASSERT_TRUE(file.ok());
  for (int twice = 0; twice < 2; ++twice) {
    for (std::uint64_t count = 1; !file->is_full(); ++count) ASSERT_TRUE(append(*file, count).ok());
    const std::string old = contents();
    ASSERT_TRUE(file->begin_anew({}, telemetry::AuditTime(), sealer_).ok());
    std::ifstream in(path().string() + ".1", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), old);
    EXPECT_EQ(contents(), "");
  }
  EXPECT_EQ(names_in_folder(), (std::set<std::string>{"audit.checkpoints", "audit.checkpoints.1"}));
}

TEST_F(Checkpoints, AFullFileGoesOnBesideANewOne) {
  Result<CheckpointFile> file = CheckpointFile::open(path(), 1000);
  ASSERT_TRUE(file.ok());
  std::uint64_t count = 1;
  for (; !file->is_full(); ++count) ASSERT_TRUE(append(*file, count).ok());
  const std::string old = contents();
  EXPECT_GE(old.size(), 1000U);
  telemetry::AuditHead head;
  head.chain = telemetry::AuditChain(1, TenantId("tenant-001"), "here");
  head.count = count;
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(file->begin_anew({head}, telemetry::AuditTime(), sealer_).ok());
    EXPECT_FALSE(file->is_full());
    EXPECT_EQ(lines().first_bad, 0U);
    ASSERT_EQ(lines().checkpoints.size(), 1U);
    EXPECT_EQ(lines().checkpoints.front().head, head);
  }
  ASSERT_TRUE(append(*file, count + 1).ok());
  EXPECT_EQ(lines().checkpoints.size(), 3U) << "and goes on";
  EXPECT_EQ(lines().first_bad, 0U);
  EXPECT_EQ(names_in_folder(), (std::set<std::string>{"audit.checkpoints", "audit.checkpoints.1"}));
  ASSERT_TRUE(CheckpointFile::open(path()).ok());
  EXPECT_EQ(lines().checkpoints.size(), 3U);
}

TEST_F(Checkpoints, AFolderThatIsNotThereIsSaid) {
  EXPECT_EQ(CheckpointFile::open(folder_ / "none" / "audit.checkpoints").error().reason(), "checkpoints_unwritable");
}

}  // namespace
}  // namespace gatehouse::app
