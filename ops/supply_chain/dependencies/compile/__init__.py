"""What a compile of locks decides before and after it asks the compiler: pure, no network, process or clock."""
