// Shared by the tests of those who may include Asio.
#pragma once
#include "asio_pch.h"
#include "test_pch.h"
