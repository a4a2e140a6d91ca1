Console.Error.WriteLine("mobula: no verbs yet");
return 2;
