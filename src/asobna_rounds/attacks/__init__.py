"""The attacks Asobna must withstand, run by the tests and by `asobna-rounds attack`."""
