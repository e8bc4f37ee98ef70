#include "gatehouse/limits/zones.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "test_zone_file.h"

namespace gatehouse::limits {
namespace {

class ZonesTest : public ::testing::Test {
 protected:
  ZonesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-zones-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "Berlin", std::ios::binary) << zone_file({0}, {}, "CET-1CEST,M3.5.0,M10.5.0/3");
  }
  ~ZonesTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(ZonesTest, AreUtcUntilTheyAreLearnedAndAreReadOnce) {
  Zones zones(folder_.string());
  EXPECT_EQ(&zones.of("Berlin"), &Zone::utc());
  EXPECT_TRUE(zones.learn("Berlin").ok());
  const Zone* const berlin = &zones.of("Berlin");
  EXPECT_EQ(berlin->stretch_at(0).offset, 3600);
  std::filesystem::remove(folder_ / "Berlin");
  EXPECT_TRUE(zones.learn("Berlin").ok());
  EXPECT_EQ(&zones.of("Berlin"), berlin);
}

TEST_F(ZonesTest, ThatCannotBeReadAreUtcAndSaidToBeSoOnce) {
  Zones zones(folder_.string());
  EXPECT_EQ(zones.learn("Atlantis").error().reason(), "zone_unknown");
  EXPECT_TRUE(zones.learn("Atlantis").ok());
  EXPECT_EQ(&zones.of("Atlantis"), &Zone::utc());
}

TEST_F(ZonesTest, UtcNeedsNoFile) {
  Zones zones("/nowhere");
  EXPECT_TRUE(zones.learn("UTC").ok());
  EXPECT_EQ(&zones.of("UTC"), &Zone::utc());
}

}  // namespace
}  // namespace gatehouse::limits
